"""What people wrote beside their edits: it goes into the fragment that gives the edit; and where it may be stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from midwatch.adopt.beside import Note
from midwatch.diff.model import ABSENT, Explained
from midwatch.merge import ending
from midwatch.merge.remarks import counted, remarks
from midwatch.render.model import File

_FAR = 3
"""Lines that a comment may stand above the value that it is about."""


def notes(edits: Sequence[Explained], base: File | None, ours: File | None) -> tuple[Note, ...]:
    """One comment line for each edit of one file that took something out, or that a person commented: ``# redis memory
    limit 1GiB → 2GiB (by hand): OOM at 3am``. In the order of the edits."""
    said = dict.fromkeys(range(len(edits)), "")
    lines = ending.plain(ours.data).splitlines() if ours is not None else []
    # What is gone has no line: its place is that of what held it.
    there = [(edit.change.where.line, number) for number, edit in enumerate(edits) if edit.change.after is not ABSENT]
    for line, text in _by_hand(base, ours):
        near = min(((at - line, number) for at, number in there if _about(lines, line, text, at)), default=None)
        if near is not None:
            said[near[1]] += f": {text.lstrip('# ')}"
    return tuple(
        (edit.change.path, f"# {edit.sentence}{said[number]}")
        for number, edit in enumerate(edits)
        if said[number] or edit.change.after is ABSENT
    )


def _about(lines: Sequence[str], line: int, text: str, at: int) -> bool:
    """Whether a comment is about the value at a line (from 1): beside it, or alone above it and not further out, where
    it is about all that follows."""
    if line == at:
        return True
    above = line < at <= line + _FAR and lines[line - 1].strip() == text
    return above and _indent(lines[line - 1]) >= _indent(lines[at - 1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _by_hand(base: File | None, ours: File | None) -> Iterator[tuple[int, str]]:
    """Comments that were not generated, with their lines (from 1)."""
    if base is None or ours is None:
        return
    generated = counted(ending.plain(base.data))
    for line, text in remarks(ending.plain(ours.data)):
        if generated[text] > 0:
            generated[text] -= 1
        else:
            yield line + 1, text


def stale(old: str, new: str) -> Iterator[tuple[int, str]]:
    """Line (from 1) and comment of each line whose value changes and whose comment stays: it may be about the old
    value."""
    lines, now = old.splitlines(), new.splitlines()
    comments = dict(remarks(new))
    for tag, first, last, start, end in SequenceMatcher(None, lines, now, autojunk=False).get_opcodes():
        if tag == "replace":
            for before, number in zip(lines[first:last], range(start, end), strict=False):
                if number in comments and before.rstrip().endswith(comments[number]):
                    yield number + 1, comments[number]
