"""Names of alerts on the runbook pages become links to their pages: at 3 am nobody types an address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from midwatch.render.model import File, Tree

_FOLDER = "runbooks/"
# What the lab and people compare with an output is no text to link in, and neither is a heading.
_AS_IT_IS = re.compile(r"#|- (?:Good|Bad|Gut|Schlecht):")
_PART = re.compile(r"\[[^\]]*\]\([^)]*\)|`([^`]*)`|\b[A-Z][A-Za-z]+\b")


def linked(tree: Tree) -> Tree:
    """The tree with the names of alerts that have a page as links, on every other page of the runbooks."""
    pages = {path[len(_FOLDER) : -len(".md")] for path in tree if path.startswith(_FOLDER) and path.endswith(".md")}
    made: Mapping[str, File] = {
        path: File(_page(file.data.decode(), pages - {path[len(_FOLDER) : -len(".md")]}).encode(), file.executable)
        for path, file in tree.items()
        if path.startswith(_FOLDER) and path.endswith(".md")
    }
    return {**tree, **made}


def _page(text: str, names: set[str]) -> str:
    lines, fenced = [], False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        lines.append(line if fence or fenced or _AS_IT_IS.match(line) else _line(line, names))
    return "\n".join(lines)


def _line(line: str, names: set[str]) -> str:
    def link(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(0)
        return f"[{name}]({name}.md)" if name in names else found.group(0)

    return _PART.sub(link, line)
