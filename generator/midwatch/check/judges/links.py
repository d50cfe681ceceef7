"""Links inside Markdown: every relative file and every #anchor exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import unquote

from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing
from midwatch.check.kinds import Kind
from midwatch.check.stack import File, Stack

_FENCE = re.compile(r"^\s*(```+|~~~+)")
_LINK = re.compile(
    r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'(][^)]*)?\)"  # [text](target "title")
    r"|^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)"  # [name]: target
)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_ID = re.compile(r"<[^>]+\b(?:id|name)=[\"']([^\"']+)[\"']")


def _judge(stack: Stack) -> Verdict:
    pages = list(stack.of(Kind.MARKDOWN))
    if not pages:
        return nothing("no Markdown files")
    found = [flaw for page in pages for flaw in _page(stack, page)]
    return decided(found, program="midwatch", reason=f"{len(pages)} files")


def _page(stack: Stack, page: File) -> Iterator[Finding]:
    for number, line in _prose(page.text):
        bare = re.sub(r"`[^`]*`", lambda match: " " * len(match[0]), line)
        for match in _LINK.finditer(bare):
            target = match[1] or match[2]
            if problem := _problem(stack, page, target):
                yield finding(f"broken link to {target}: {problem}", Position(page.path, number, match.start() + 1))


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside of code blocks, numbered from 1."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = _FENCE.match(line)
        if match and (not fence or match[1].startswith(fence)):
            fence = "" if fence else match[1]
        elif not fence:
            yield number, line


def _problem(stack: Stack, page: File, target: str) -> str:
    if re.match(r"[a-zA-Z][\w+.-]*:|//", target):
        return ""
    path, _, anchor = unquote(target).partition("#")
    name = _resolve(page.path, path.partition("?")[0]) if path else page.path
    if name is None:
        return "outside of the project"
    if name not in stack.files and not (stack.folder / name).exists():
        return "no such file"
    if anchor and name.endswith(".md") and name in stack.files and anchor not in anchors(stack.files[name].text):
        return f"no heading '{anchor}'"
    return ""


def _resolve(page: str, path: str) -> str | None:
    parts = [] if path.startswith("/") else list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(path.lstrip("/")).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "."


@cache
def anchors(text: str) -> frozenset[str]:
    """Anchors of a page, as GitHub makes them from headings."""
    seen: dict[str, int] = {}
    found = set(_ID.findall(text))
    for _, line in _prose(text):
        if match := _HEADING.match(line):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1])
            slug = re.sub(r"[^\w\- ]", "", title.lower().strip()).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            found.add(f"{slug}-{count}" if count else slug)
    return frozenset(found)


JUDGE = Judge(
    id="links",
    title="Links inside Markdown lead somewhere",
    why="A runbook that sends a tired person to a page that is not there costs the minutes that the alert had won.",
    fix="mend the link, or make the page or heading that it names",
    blocker=Blocker.RUNBOOKS,
    judge=_judge,
)
