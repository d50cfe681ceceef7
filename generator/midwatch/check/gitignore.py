"""Whether git would ignore a path, as far as a project of generated files needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator


def ignored(path: str, text: str) -> bool:
    """Whether the ``.gitignore`` of the root, given as text, covers ``path`` or a folder above it."""
    verdict = False
    for pattern, negated in _patterns(text):
        if any(pattern.fullmatch(part) for part in _with_parents(path)):
            verdict = not negated
    return verdict


def _with_parents(path: str) -> Iterator[str]:
    parts = path.split("/")
    for length in range(1, len(parts)):
        yield "/".join(parts[:length]) + "/"
    yield path


def _patterns(text: str) -> Iterator[tuple[re.Pattern[str], bool]]:
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        negated = line.startswith("!")
        yield re.compile(_regex(line.removeprefix("!"))), negated


def _regex(pattern: str) -> str:
    folder = pattern.endswith("/")
    body = pattern.strip("/")
    anchored = pattern.startswith("/") or "/" in body
    text = re.escape(body).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    text = text.replace(r"\?", "[^/]")
    return ("" if anchored else "(?:.*/)?") + text + ("/" if folder else "/?")
