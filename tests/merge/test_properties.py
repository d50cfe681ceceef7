"""What holds for any edits of both sides: nothing is lost, everything arrives, and the result is what was meant.

Some hundreds of examples in ``make test``; ``make nightly`` takes 10,000 (``MIDWATCH_EXAMPLES``).
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midwatch.check import kinds
from midwatch.check.document import parse
from midwatch.check.kinds import Kind
from midwatch.merge import remarks
from midwatch.merge.build import build
from midwatch.merge.files import MergedFile, merge_file
from midwatch.merge.model import Node, Table, place, same
from midwatch.merge.path import Path
from midwatch.merge.three import differences, merge
from tests.merge.edits import edited
from tests.merge.eight import ALERTMANAGER, COLLECTOR, COMPOSE, LOKI, PROMETHEUS

EXAMPLES = int(os.environ.get("MIDWATCH_EXAMPLES", "300"))
FORMS = (COMPOSE, PROMETHEUS, ALERTMANAGER, LOKI, COLLECTOR)
many = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, database=None
)


@dataclass(frozen=True)
class Trio:
    """Three texts of one file, and their kind."""

    file: str
    base: str
    ours: str
    theirs: str

    @property
    def kind(self) -> Kind:
        return kinds.of_data(parse("", self.base.encode()).data)

    def node(self, text: str) -> Node:
        document = parse("", text.encode())
        assert not document.problems, document.problems
        return build(self.kind, document.data)

    def merged(self) -> MergedFile:
        return merge_file(self.file, self.base.encode(), self.ours.encode(), self.theirs.encode())


@st.composite
def trios(draw: st.DrawFn) -> Trio:
    """A file of any of the five formats, changed by both sides."""
    form = draw(st.sampled_from(FORMS))
    rng = random.Random(draw(st.integers(0, 2**32)))
    ours = edited(rng, form.text, draw(st.integers(1, 5)), "mine")
    theirs = edited(rng, form.text, draw(st.integers(1, 5)), "new")
    return Trio(form.file, form.text, ours, theirs)


def under(path: Path, others: list[Path]) -> bool:
    """Whether a path is one of the others, lies below one, or above one."""
    return any(path[: len(other)] == other or other[: len(path)] == path for other in others)


@given(trios())
@many
def test_no_hand_edit_is_lost_and_every_change_arrives(trio: Trio) -> None:
    merged = trio.merged()
    result = trio.node(merged.data.decode())
    base, ours, theirs = (trio.node(text) for text in (trio.base, trio.ours, trio.theirs))
    listed = [conflict.path for conflict in merged.conflicts]
    for side, other in ((ours, theirs), (theirs, ours)):
        for change in differences(base, side):
            alone = same(place(base, change.path)[0], place(other, change.path)[0])
            if alone and not under(change.path, listed):
                assert same(place(result, change.path)[0], change.after), change.path
    # What is listed keeps ours.
    for path in listed:
        assert same(place(result, path)[0], place(ours, path)[0]), path


@given(trios())
@many
def test_the_file_says_what_the_merge_of_values_says(trio: Trio) -> None:
    merged = trio.merged()
    wanted = merge(trio.node(trio.base), trio.node(trio.ours), trio.node(trio.theirs))
    assert wanted.node is not None
    result, refused = trio.node(merged.data.decode()), [one.path for one in merged.conflicts if one.why]
    if not refused:
        assert same(result, wanted.node)
        assert [one.path for one in merged.conflicts] == [one.path for one in wanted.conflicts]
    for change in differences(result, wanted.node):
        assert under(change.path, refused), change.path


@given(trios())
@many
def test_no_comment_of_a_person_is_lost(trio: Trio) -> None:
    result = trio.merged().data.decode()
    added = remarks.counted(trio.ours) - remarks.counted(trio.base)
    assert not added - remarks.counted(result)


@given(trios())
@many
def test_merging_the_same_again_changes_nothing(trio: Trio) -> None:
    once = trio.merged().data
    assert merge_file(trio.file, trio.theirs.encode(), once, trio.theirs.encode()).data == once
    again = merge_file(trio.file, trio.base.encode(), once, trio.theirs.encode())
    assert same(trio.node(again.data.decode()), trio.node(once.decode()))


@given(trios())
@many
def test_swapping_the_sides_swaps_only_who_wins(trio: Trio) -> None:
    base, ours, theirs = (trio.node(text) for text in (trio.base, trio.ours, trio.theirs))
    here, there = merge(base, ours, theirs), merge(base, theirs, ours)
    paths = sorted(str(conflict.path) for conflict in here.conflicts)
    assert paths == sorted(str(conflict.path) for conflict in there.conflicts)
    listed = [conflict.path for conflict in here.conflicts]
    for change in differences(here.node, there.node):
        assert under(change.path, listed) or _order_only(change.before, change.after), change.path


def _order_only(one: Node | None, other: Node | None) -> bool:
    """Whether two keyed lists have the same entries: where both sides put one in, ours comes first."""
    return isinstance(one, Table) and isinstance(other, Table) and one.entries.keys() == other.entries.keys()


@given(trios())
@many
def test_a_line_that_nobody_changed_stays_as_it_is(trio: Trio) -> None:
    result = trio.merged().data.decode().split("\n")
    # The line of a collection may get a value of its own: `[]` where nothing is left of it, not even comments.
    kept = [line for line in trio.ours.split("\n") if line.strip() and not line.endswith(":")]
    if any(line.endswith((": {}", ": []")) for line in result):
        kept = [line for line in kept if not line.lstrip().startswith("#")]
    sides = [side.split("\n") for side in (trio.base, trio.ours, trio.theirs)]
    for line in kept:
        if all(side.count(line) == 1 for side in sides):
            assert line in result, line


@pytest.mark.parametrize("form", FORMS, ids=[form.file for form in FORMS])
def test_the_edits_do_change_things(form: object) -> None:
    """The properties are worth something only if the edits are."""
    rng = random.Random(1)
    texts = {edited(rng, form.text, 3, "mine") for _ in range(30)}  # type: ignore[attr-defined]
    assert len(texts) > 25
