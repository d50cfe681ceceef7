"""What differs between versions of a file without structure, by line: runbooks, scripts, redis.conf, .env."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.diff.model import Change, Origin
from midwatch.merge import align


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines ``start`` to ``end`` of the base (from 0, ``end`` not included) become ``lines``, which begin at line
    ``at`` of the other version."""

    start: int
    end: int
    lines: tuple[str, ...]
    at: int


def hunks(base: Sequence[str], other: Sequence[str]) -> list[Hunk]:
    """The places where the other version differs from the base."""
    matcher = SequenceMatcher(None, base, other, autojunk=False)
    return [
        Hunk(start, end, tuple(other[first:last]), first)
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def two(path: str, kind: Kind, old: str, new: str, origin: Origin = Origin.OTHER) -> Iterator[Change]:
    """One change for the file, or none."""
    lines = old.splitlines()
    yield from _changes(path, kind, lines, hunks(lines, new.splitlines()), origin)


def three(path: str, kind: Kind, base: str, ours: str, theirs: str) -> Iterator[Change]:
    """At most one change of each origin; which lines clash is said by the alignment that the merge uses."""
    sides = [text.splitlines() for text in (base, ours, theirs)]
    found: dict[Origin, list[Hunk]] = {origin: [] for origin in Origin}
    for hunk in align.three_way(*sides):
        was, mine, wanted = (
            side[slice(*span)] for side, span in zip(sides, (hunk.base, hunk.ours, hunk.theirs), strict=True)
        )
        if was == mine == wanted:
            continue
        origin = Origin.CONFLICT
        if mine == wanted:
            origin = Origin.BOTH
        elif was in (mine, wanted):
            origin = Origin.SPEC if was == mine else Origin.HAND
        lines, at = (wanted, hunk.theirs[0]) if origin is Origin.SPEC else (mine, hunk.ours[0])
        found[origin].append(Hunk(*hunk.base, tuple(lines), at))
    for origin in (Origin.HAND, Origin.SPEC, Origin.BOTH, Origin.CONFLICT):
        yield from _changes(path, kind, sides[0], found[origin], origin)


def _changes(path: str, kind: Kind, base: Sequence[str], found: Sequence[Hunk], origin: Origin) -> Iterator[Change]:
    if not found:
        return
    first = found[0]
    # What is pending is not on disk yet: its place is that of the base.
    line = (first.start if origin is Origin.SPEC else first.at) + 1
    removed, added = sum(hunk.end - hunk.start for hunk in found), sum(len(hunk.lines) for hunk in found)
    single = len(found) == 1 and removed <= 1 and added <= 1
    before = base[first.start] if single and removed else ""
    after = first.lines[0] if single and added else ""
    yield Change(path, kind, (), before, after, origin, Position(path, line), lines=(removed, added))
