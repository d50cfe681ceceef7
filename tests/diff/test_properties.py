"""What holds for any two or three versions of a file."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.check.document import Document
from midwatch.check.kinds import Kind
from midwatch.diff import lines
from midwatch.diff.compare import three, two
from midwatch.diff.model import ABSENT, Change, Origin
from midwatch.diff.sentence import sentence
from midwatch.merge.build import build
from midwatch.merge.model import put, same
from midwatch.merge.three import merge

words = st.sampled_from(["a", "b", "c", "memory", "x y", "1", ""])
scalars = st.one_of(words, st.integers(0, 3), st.booleans(), st.none(), st.sampled_from(["512m", "0.5g", "30s"]))
service = st.fixed_dictionaries(
    {},
    optional={
        "image": words,
        "mem_limit": st.sampled_from(["512m", "0.5g", "1g", 1024]),
        "ports": st.lists(st.sampled_from(["80:80", "81:81", "127.0.0.1:82:80/udp"]), unique=True, max_size=3),
        "environment": st.one_of(
            st.dictionaries(words.filter(bool), words, max_size=3),
            st.lists(st.sampled_from(["A=1", "B=2", "C"]), unique=True, max_size=3),
        ),
        "cap_add": st.lists(st.sampled_from(["X", "Y", "Z"]), unique=True, max_size=3),
        "command": st.one_of(
            st.just("run --a=1 --b 2"), st.lists(st.sampled_from(["run", "--a=1", "--a=2", "--b", "2"]), max_size=4)
        ),
        "deploy": st.dictionaries(words, st.one_of(scalars, st.dictionaries(words, scalars, max_size=2)), max_size=2),
        "dns": st.lists(words, max_size=3),
    },
)
files = st.fixed_dictionaries(
    {"services": st.dictionaries(st.sampled_from(["p", "q", "r"]), service, min_size=1, max_size=3)}
)


def document(data: Any) -> Document:
    return Document("compose.yaml", data)


def applied(data: Any, changes: list[Change]) -> Any:
    """The tree of a value with all changes made."""
    tree = build(Kind.COMPOSE, data)
    for change in changes:
        tree = put(tree, change.path, change.new) or tree
    return tree


@settings(max_examples=150, deadline=None)
@given(files, files)
def test_the_changes_make_one_version_into_the_other(old: Any, new: Any) -> None:
    changes = list(two(Kind.COMPOSE, document(old), document(new)))
    wanted = build(Kind.COMPOSE, new)
    assert bool(changes) is not same(build(Kind.COMPOSE, old), wanted)
    result = applied(old, changes)
    if not same(result, wanted):  # A change of order alone is told as such, once, for the whole list.
        assert any(change.before is not ABSENT and isinstance(change.before, list) for change in changes) or (
            in_order_only(result, wanted)
        )


def in_order_only(one: Any, other: Any) -> bool:
    return sorted(map(repr, flat(one))) == sorted(map(repr, flat(other)))


def flat(node: Any) -> list[Any]:
    if hasattr(node, "entries"):
        return [(step, leaf) for step, child in node.entries.items() for leaf in flat(child)]
    if hasattr(node, "items"):
        return [leaf for child in node.items for leaf in flat(child)]
    return [node.meaning]


@settings(max_examples=150, deadline=None)
@given(files, files, files)
def test_who_made_a_change_is_told_right(base: Any, ours: Any, theirs: Any) -> None:
    read = [document(side) for side in (base, ours, theirs)]
    mine = list(three(Kind.COMPOSE, *read))
    mirrored = list(three(Kind.COMPOSE, read[0], read[2], read[1]))
    swapped = {Origin.HAND: Origin.SPEC, Origin.SPEC: Origin.HAND}
    told = {(change.path, swapped.get(change.origin, change.origin)) for change in mine}
    assert told == {(change.path, change.origin) for change in mirrored}
    alone = [change.origin for change in three(Kind.COMPOSE, read[0], read[1], read[0])]
    assert set(alone) <= {Origin.HAND}
    pending = [change.origin for change in three(Kind.COMPOSE, read[0], read[0], read[2])]
    assert set(pending) <= {Origin.SPEC}
    agreed = [change.origin for change in three(Kind.COMPOSE, read[0], read[1], read[1])]
    assert set(agreed) <= {Origin.BOTH}


@settings(max_examples=300, deadline=None)
@given(files, files, files)
def test_a_conflict_is_told_where_the_merge_has_one_and_nowhere_else(base: Any, ours: Any, theirs: Any) -> None:
    told = {
        change.path
        for change in three(Kind.COMPOSE, *(document(side) for side in (base, ours, theirs)))
        if change.origin is Origin.CONFLICT
    }
    was, mine, other = (build(Kind.COMPOSE, side) for side in (base, ours, theirs))
    assert told == {one.path for one in merge(was, mine, other).conflicts}


def test_items_of_a_list_are_told_one_by_one_where_the_merge_sees_them_so() -> None:
    lists = (["a", "b", "c"], ["mine", "b", "c"], ["new", "b", "theirs"])
    sides = [document({"services": {"p": {"dns": one}}}) for one in lists]
    found = [(change.steps[-1], change.origin, change.after) for change in three(Kind.COMPOSE, *sides)]
    assert found == [("0", Origin.CONFLICT, "mine"), ("2", Origin.SPEC, "theirs")]


def test_items_that_only_moved_on_are_no_conflict() -> None:
    """Place by place both differ in the second; as a list each has put one in, and both have taken out the last."""
    lists = (["a", "b", "c"], ["new", "a", "b"], ["a", "mine", "b"])
    sides = [document({"services": {"p": {"dns": one}}}) for one in lists]
    found = [(change.origin, change.after) for change in three(Kind.COMPOSE, *sides)]
    assert found == [(Origin.HAND, lists[1]), (Origin.SPEC, lists[2])]


@settings(max_examples=100, deadline=None)
@given(files, files)
def test_every_change_has_a_sentence_of_one_line(old: Any, new: Any) -> None:
    for change in two(Kind.COMPOSE, document(old), document(new)):
        assert "\n" not in sentence(change)
        assert len(sentence(change)) < 400


text = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


@given(text, text)
def test_lines_alone_are_of_one_side(base: str, other: str) -> None:
    origins = {change.origin for change in lines.three("x", Kind.OTHER, base, other, base)}
    assert origins == ({Origin.HAND} if base.splitlines() != other.splitlines() else set())


@given(text, text, text)
def test_lines_of_both_sides_mirror(base: str, ours: str, theirs: str) -> None:
    swapped = {Origin.HAND: Origin.SPEC, Origin.SPEC: Origin.HAND}
    mine = {swapped.get(one.origin, one.origin) for one in lines.three("x", Kind.OTHER, base, ours, theirs)}
    assert mine == {one.origin for one in lines.three("x", Kind.OTHER, base, theirs, ours)}


def test_a_shuffled_file_of_the_stack_is_the_same() -> None:
    data = {"services": {name: {"image": name, "ports": ["1:1", "2:2"]} for name in "abcdef"}}
    names = list(data["services"])
    random.Random(3).shuffle(names)
    shuffled = {"services": {name: {"ports": ["2:2", "1:1"], "image": name} for name in names}}
    assert not list(two(Kind.COMPOSE, document(data), document(shuffled)))
