"""The text of a fragment that adopt writes, with comments above the keys that they are about, and read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from midwatch.check.document import Document, parse
from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.model import Node, Table, place
from midwatch.merge.path import Path
from midwatch.merge.remarks import remarks
from midwatch.render import tags

HEAD = "# Hand edits of the generated file, written by `midwatch adopt`. stack.yaml names this file under extra.\n"
Note = tuple[Path, str]
"""What a comment is about, and the comment with its sign."""


def written(kind: Kind, part: object, notes: Sequence[Note]) -> str:
    """The fragment's text. A comment about what is not in it by itself stands above the nearest that holds it."""
    text = tags.dump(part)
    document, tree = _read(kind, text)
    above: dict[int, list[str]] = {}
    for path, comment in notes:
        line = document.at(*place(tree, path)[1]).line
        above.setdefault(line, []).append(comment)
    lines = text.splitlines(keepends=True)
    return HEAD + "".join(
        "".join(f"{line[: len(line) - len(line.lstrip())]}{comment}\n" for comment in above.get(number, ())) + line
        for number, line in enumerate(lines, 1)
    )


def noted(kind: Kind, text: str) -> list[Note]:
    """The comments of a fragment that was written before, so that it can be made anew with them."""
    bare, comments = _parted(text)
    document, tree = _read(kind, bare)
    paths: dict[int, Path] = {}
    for path, node in _nodes(tree, ()):
        paths.setdefault(document.at(*node.at).line, path)
    return [(paths.get(line, ()), comment) for line, comment in comments]


def is_ours(text: str) -> bool:
    """Whether nobody has edited it but for comments above its keys: it can be made anew, and nothing is lost."""
    from ruamel.yaml.error import YAMLError

    if not text.startswith(HEAD):
        return False
    bare, _ = _parted(text)
    try:
        return bare == tags.dump(tags.load(bare))
    except (YAMLError, ValueError):
        return False


def _parted(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text without the head and without comments on lines of their own; and these, each with the number (from 1)
    of the line that then stands below it."""
    text = text.removeprefix(HEAD)
    own = dict(remarks(text))
    kept: list[str] = []
    comments: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(keepends=True)):
        if line.strip() == own.get(number):
            comments.append((len(kept) + 1, own[number]))
        else:
            kept.append(line)
    return "".join(kept), comments


def _read(kind: Kind, text: str) -> tuple[Document, Node]:
    document = parse("", text.encode())
    return document, build(kind, document.data)


def _nodes(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """Everything that has a path, what holds it first."""
    for step, inner in node.entries.items() if isinstance(node, Table) else ():
        yield (*path, step), inner
        yield from _nodes(inner, (*path, step))
