"""Aligning three sequences: nothing is lost, whatever they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from midwatch.merge import align

ITEMS = st.lists(st.sampled_from("abcdef"), max_size=12)


@given(ITEMS, ITEMS)
def test_matches_are_equal_and_in_order(one: list[str], other: list[str]) -> None:
    at = there = 0
    for start, begin, length in align.matches(one, other):
        assert start >= at
        assert begin >= there
        assert one[start : start + length] == other[begin : begin + length]
        at, there = start + length, begin + length


@given(ITEMS, ITEMS, ITEMS)
def test_the_hunks_cover_all_three_without_a_gap(base: list[str], ours: list[str], theirs: list[str]) -> None:
    at = [0, 0, 0]
    for hunk in align.three_way(base, ours, theirs):
        spans = (hunk.base, hunk.ours, hunk.theirs)
        assert [low for low, _ in spans] == at
        at = [high for _, high in spans]
        if hunk.stable:
            texts = [side[slice(*span)] for side, span in zip((base, ours, theirs), spans, strict=True)]
            assert texts[0] == texts[1] == texts[2]
    assert at == [len(base), len(ours), len(theirs)]


@given(ITEMS, ITEMS)
def test_a_side_that_changed_nothing_gives_way(base: list[str], side: list[str]) -> None:
    for hunk in align.three_way(base, base, side):
        assert base[slice(*hunk.base)] == base[slice(*hunk.ours)]


def test_many_like_lines_align_as_a_person_would() -> None:
    block = ["{", "}", ""]
    base = ["first", *block, "second", *block]
    ours = ["first", *block, "new", *block, "second", *block]
    changed = [hunk for hunk in align.three_way(base, ours, base) if not hunk.stable]
    assert [ours[slice(*hunk.ours)] for hunk in changed] == [["new", *block]]
