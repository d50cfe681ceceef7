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
    for line, text in _by_hand(base, ours):
        below = ((edit.change.where.line - line, number) for number, edit in enumerate(edits))
        near = min(((away, number) for away, number in below if 0 <= away <= _FAR), default=None)
        if near is not None:
            said[near[1]] += f": {text.lstrip('# ')}"
    return tuple(
        (edit.change.path, f"# {edit.sentence}{said[number]}")
        for number, edit in enumerate(edits)
        if said[number] or edit.change.after is ABSENT
    )


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
