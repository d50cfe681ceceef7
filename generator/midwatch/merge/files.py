"""One file: three contents in, one out, with the conflicts. YAML by structure, all else by line."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from midwatch.check import kinds
from midwatch.check.document import Document, parse
from midwatch.check.kinds import Kind
from midwatch.merge import ending, text
from midwatch.merge.build import build
from midwatch.merge.edit import Side, edit
from midwatch.merge.inline import RefusedError
from midwatch.merge.model import Node, place, plain
from midwatch.merge.path import Path, show
from midwatch.merge.pieces import piece_by_piece
from midwatch.merge.spans import documents
from midwatch.merge.three import Conflict, merge

ABSENT = object()
"""The value of a key that is not there."""


@dataclass(frozen=True, slots=True)
class FileConflict:
    """One conflict as it is listed. Values are plain data, texts for a file that is merged by line, or ABSENT.

    ``line`` is that of the value in the merged file, or of its nearest parent. ``why`` says why it could not be merged
    where that is not simply that both sides changed it.
    """

    path: Path
    line: int
    base: Any
    ours: Any
    theirs: Any
    why: str = ""
    column: int = 0

    @property
    def key(self) -> str:
        """The key path as it is shown; empty for a file without keys."""
        return show(self.path)


@dataclass(frozen=True, slots=True)
class MergedFile:
    """What to write, and what both sides do not agree about: there the content is ours."""

    data: bytes
    conflicts: tuple[FileConflict, ...] = ()


def merge_file(name: str, base: bytes, ours: bytes, theirs: bytes) -> MergedFile:
    """Merge one file. ``name`` tells by its suffix whether it is YAML."""
    if theirs in (base, ours):
        return MergedFile(ours)
    if ours == base:
        return MergedFile(theirs)
    try:
        texts = [ending.plain(data) for data in (base, ours, theirs)]
    except UnicodeDecodeError:
        return MergedFile(ours, (FileConflict((), 0, ABSENT, ABSENT, ABSENT, "it is no text that could be merged"),))
    with _without_collector():
        merged = _yaml(*texts) if name.endswith(kinds.YAML_SUFFIXES) else None
        if merged is None:
            merged = _lines(*texts)
    result, conflicts = merged
    return MergedFile(ending.like(ours, texts[1], result), conflicts)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A merge makes many small objects that all live until its end: looking through them for cycles, again and again,
    took a third of its time, and found next to nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


_Result = tuple[str, tuple[FileConflict, ...]]


def _lines(base: str, ours: str, theirs: str) -> _Result:
    merged = text.merge(base, ours, theirs)
    return merged.text, tuple(FileConflict((), one.line, one.base, one.ours, one.theirs) for one in merged.clashes)


def _yaml(base: str, ours: str, theirs: str) -> _Result | None:
    """None where the texts are not YAML documents of one kind, and a merge by line is all that can be done."""
    read = [parse("", side.encode()) for side in (base, ours, theirs)]
    told = (kinds.of_data(read[index].data) for index in (0, 2, 1))
    kind = next((kind for kind in told if kind is not Kind.YAML), Kind.YAML)
    if not all(_single(*pair) for pair in zip((base, theirs), read[::2], strict=True)):
        return None
    if not _single(ours, read[1]):
        at, problem = next(iter(read[1].problems), (read[1].at(), "it is empty, or holds several documents"))
        return ours, (FileConflict((), at.line, ABSENT, ABSENT, ABSENT, f"it cannot be merged: {problem}", at.column),)
    was, mine, other = (
        Side(side, build(kind, document.data)) for side, document in zip((base, ours, theirs), read, strict=True)
    )
    merged = merge(was.node, mine.node, other.node)
    if merged.node is None:
        return None
    result = _written(kind, merged.node, was, mine, other)
    if result is not None:
        return result, _listed(result, kind, merged.conflicts)
    result, refused = piece_by_piece(kind, merged.node, was, mine, other)
    why = "the change cannot be written there without touching something else"
    return result, _listed(result, kind, merged.conflicts) + _listed(result, kind, refused, why)


def _single(side: str, document: Document) -> bool:
    """Whether a text is one document that can be read."""
    marked = any(line.startswith("---") for line in side.split("\n")[1:])
    return document.data is not None and not document.problems and not (marked and documents(side) > 1)


def _written(kind: Kind, wanted: Node, base: Side, ours: Side, theirs: Side) -> str | None:
    """A text of the wanted value that has every byte of ours which need not change. None where there is none.

    The merge by line, if it says that value; else that brought to it, or ours changed where it must be: whichever
    loses fewer lines.
    """
    first = text.merge(base.text, ours.text, theirs.text)
    clashing = sum(clash.ours.count("\n") + 1 for clash in first.clashes)
    # Where most of the lines clash (a file that was re-indented) the merge by line has nothing to offer.
    starts = (first.text, ours.text) if clashing * 2 < ours.text.count("\n") else (ours.text,)
    found: list[str] = []
    for start in dict.fromkeys(starts):
        try:
            found.append(edit(start, kind, wanted, base, ours, theirs))
        except RefusedError:
            continue
        if found[-1] == start:
            break
    return min(found, key=lambda result: _lost(result, base, ours, theirs), default=None)


def _lost(result: str, base: Side, ours: Side, theirs: Side) -> int:
    """How many lines of ours are gone from the result that theirs did not take out."""
    lines = (Counter(filter(str.strip, side.split("\n"))) for side in (result, base.text, ours.text, theirs.text))
    there, was, mine, other = lines
    return ((mine - there) - (was - other)).total()


def _listed(result: str, kind: Kind, conflicts: tuple[Conflict, ...], why: str = "") -> tuple[FileConflict, ...]:
    if not conflicts:
        return ()
    document = parse("", result.encode())
    root = build(kind, document.data)

    def one(conflict: Conflict) -> FileConflict:
        values = (conflict.base, conflict.ours, conflict.theirs)
        base, ours, theirs = (ABSENT if value is None else plain(value) for value in values)
        at = document.at(*place(root, conflict.path)[1])
        return FileConflict(conflict.path, at.line, base, ours, theirs, why, at.column)

    return tuple(map(one, conflicts))
