"""One value of one file set to what a person decided, with the rest of the file left alone."""

from __future__ import annotations

from typing import Any

from midwatch.check import kinds
from midwatch.check.document import parse
from midwatch.merge import ending
from midwatch.merge.build import build
from midwatch.merge.edit import Side, edit
from midwatch.merge.inline import RefusedError
from midwatch.merge.model import place, put
from midwatch.merge.path import Path, show


def take_theirs(base: bytes, ours: bytes, path: Path) -> bytes:
    """Ours with the value under a path as it is in ``base``, or without it. Raises RefusedError."""
    return _with(base, ours, path, None, from_base=True)


def set_value(base: bytes, ours: bytes, path: Path, value: Any) -> bytes:
    """Ours with a value of plain data under a path. Raises RefusedError."""
    return _with(base, ours, path, value, from_base=False)


def _with(base: bytes, ours: bytes, path: Path, value: Any, *, from_base: bool) -> bytes:
    documents = [parse("", data) for data in (base, ours)]
    if any(document.problems for document in documents):
        raise RefusedError("it cannot be read")
    kind = kinds.of_data(documents[0].data)
    texts = [ending.plain(data) for data in (base, ours)]
    pristine, mine = (Side(text, build(kind, document.data)) for text, document in zip(texts, documents, strict=True))
    there, at = place(mine.node, path)
    node = place(pristine.node, path)[0] if from_base else build(kind, value, at if there is not None else ())
    wanted = put(mine.node, path, node)
    if wanted is None:
        raise RefusedError(f"{show(path)} is not there any more")
    return ending.like(ours, texts[1], edit(texts[1], kind, wanted, pristine, mine, pristine))


def replace_lines(ours: bytes, old: str, new: str, line: int) -> bytes:
    """Ours with some lines replaced: those that read ``old``, nearest to ``line``. Raises RefusedError."""
    text = ending.plain(ours)
    lines, wanted = text.split("\n"), old.split("\n") if old else []
    places = [at for at in range(len(lines) + 1) if lines[at : at + len(wanted)] == wanted]
    if not places:
        raise RefusedError("the lines are not there any more")
    at = min(places, key=lambda place: abs(place + 1 - line))
    lines[at : at + len(wanted)] = new.split("\n") if new else []
    return ending.like(ours, text, "\n".join(lines))
