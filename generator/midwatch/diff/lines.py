"""What differs between versions of a file without structure, by line: runbooks, scripts, redis.conf, .env."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.diff.model import Change, Origin


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
    """At most one change of each origin."""
    lines = base.splitlines()
    mine, wanted = hunks(lines, ours.splitlines()), hunks(lines, theirs.splitlines())
    both = [hunk for hunk in mine if _agreed(hunk, wanted)]
    fought = [hunk for hunk in mine if hunk not in both and any(_touch(hunk, other) for other in wanted)]
    hand = [hunk for hunk in mine if hunk not in both and hunk not in fought]
    spec = [hunk for hunk in wanted if not any(_touch(hunk, other) for other in mine)]
    yield from _changes(path, kind, lines, hand, Origin.HAND)
    yield from _changes(path, kind, lines, spec, Origin.SPEC)
    yield from _changes(path, kind, lines, both, Origin.BOTH)
    yield from _changes(path, kind, lines, fought, Origin.CONFLICT)


def _agreed(hunk: Hunk, others: Sequence[Hunk]) -> bool:
    return any((hunk.start, hunk.end, hunk.lines) == (other.start, other.end, other.lines) for other in others)


def _touch(one: Hunk, other: Hunk) -> bool:
    """Whether two hunks change the same lines of the base, or insert at the same place."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


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
