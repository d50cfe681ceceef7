"""Aligning sequences: two by two, and three ways. On anything hashable: lines of a text, items of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Items = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch of the base and what each side makes of it, as half-open ranges. ``stable``: both left it alone."""

    base: tuple[int, int]
    ours: tuple[int, int]
    theirs: tuple[int, int]
    stable: bool


def matches(one: Items, other: Items) -> list[tuple[int, int, int]]:
    """Runs of equal items: start in one, start in the other, length; in order.

    Items that stand once on both sides are anchors (patience diff), so that text of many like lines aligns as a person
    would align it, and in reasonable time.
    """
    runs: list[tuple[int, int, int]] = []
    _match(one, other, 0, len(one), 0, len(other), runs)
    joined: list[tuple[int, int, int]] = []
    for start, there, length in runs:
        if joined and joined[-1][0] + joined[-1][2] == start and joined[-1][1] + joined[-1][2] == there:
            joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + length)
        else:
            joined.append((start, there, length))
    return joined


def _match(one: Items, other: Items, a: int, b: int, c: int, d: int, runs: list[tuple[int, int, int]]) -> None:
    head = 0
    while a + head < b and c + head < d and one[a + head] == other[c + head]:
        head += 1
    if head:
        runs.append((a, c, head))
    a, c = a + head, c + head
    tail = 0
    while a < b - tail and c < d - tail and one[b - tail - 1] == other[d - tail - 1]:
        tail += 1
    b, d = b - tail, d - tail
    if a < b and c < d:
        anchors = _anchors(one, other, a, b, c, d)
        if anchors:
            last, there = a, c
            for start, begin in [*anchors, (b, d)]:
                _match(one, other, last, start, there, begin, runs)
                if start < b:
                    runs.append((start, begin, 1))
                last, there = start + 1, begin + 1
        else:
            found = SequenceMatcher(None, one[a:b], other[c:d], autojunk=b - a > 500).get_matching_blocks()
            runs.extend((a + block.a, c + block.b, block.size) for block in found if block.size)
    if tail:
        runs.append((b, d, tail))


def _anchors(one: Items, other: Items, a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """Items that stand once on both sides, the longest run of them that is in the same order."""
    here, there = Counter(one[a:b]), Counter(other[c:d])
    where = {item: index for index, item in enumerate(other[c:d], c) if there[item] == 1}
    pairs = [(index, where[item]) for index, item in enumerate(one[a:b], a) if here[item] == 1 and item in where]
    return _increasing(pairs)


def _increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second numbers increase (patience sorting)."""
    from bisect import bisect_left

    tops: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for number, (_, there) in enumerate(pairs):
        pile = bisect_left(tops, there)
        back.append(last[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(there)
            last.append(number)
        else:
            tops[pile], last[pile] = there, number
    chain: list[tuple[int, int]] = []
    current = last[-1] if last else -1
    while current >= 0:
        chain.append(pairs[current])
        current = back[current]
    return chain[::-1]


def three_way(base: Items, ours: Items, theirs: Items) -> Iterator[Hunk]:
    """The base cut into stable stretches and hunks that a side changed; the three ranges of all hunks cover all three.

    Changes of both sides that only touch stay apart; changes that overlap are one hunk, and so are two insertions at
    one place.
    """
    edits = sorted(
        [(low, high, begin, end, 0) for low, high, begin, end in _edits(base, ours)]
        + [(low, high, begin, end, 1) for low, high, begin, end in _edits(base, theirs)]
    )
    at, shift = 0, [0, 0]
    index = 0
    while index < len(edits):
        low, high = edits[index][:2]
        group = [edits[index]]
        while index + len(group) < len(edits) and _meet(low, high, edits[index + len(group)]):
            group.append(edits[index + len(group)])
            high = max(high, group[-1][1])
        index += len(group)
        if at < low:
            yield _hunk((at, low), shift, (0, 0), stable=True)
        grown = [0, 0]
        for first, last, begin, end, side in group:
            grown[side] += (end - begin) - (last - first)
        yield _hunk((low, high), shift, (grown[0], grown[1]), stable=False)
        shift = [shift[0] + grown[0], shift[1] + grown[1]]
        at = high
    if at < len(base):
        yield _hunk((at, len(base)), shift, (0, 0), stable=True)


def _meet(low: int, high: int, edit: tuple[int, int, int, int, int]) -> bool:
    """Whether the next edit belongs to the hunk so far: it overlaps, or both insert at the same place."""
    first, last = edit[:2]
    return first < high or (low == high == first == last)


def _hunk(base: tuple[int, int], shift: list[int], grown: tuple[int, int], *, stable: bool) -> Hunk:
    low, high = base
    ours = (low + shift[0], high + shift[0] + grown[0])
    theirs = (low + shift[1], high + shift[1] + grown[1])
    return Hunk(base, ours, theirs, stable)


def _edits(base: Items, side: Items) -> Iterator[tuple[int, int, int, int]]:
    """What differs: range in the base, range in the side.

    Where items are replaced by more, or by fewer, the first of them stand for each other and the rest is an edit of its
    own: so what both sides put behind a changed item is seen to be the same.
    """
    at = there = 0
    for start, begin, length in [*matches(base, side), (len(base), len(side), 0)]:
        both = min(start - at, begin - there)
        if both:
            yield at, at + both, there, there + both
        if at + both < start or there + both < begin:
            yield at + both, start, there + both, begin
        at, there = start + length, begin + length
