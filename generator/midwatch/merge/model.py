"""A value of a configuration file as a tree whose parts can be matched, compared by meaning, and written back."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from midwatch.merge import forms
from midwatch.merge.forms import Form
from midwatch.merge.path import At, Item, Step

Kinds = Literal["mapping", "items"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is compared as a whole. Two leaves of the same ``meaning`` are the same."""

    value: Any
    meaning: Hashable
    at: At = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Entries by key, or items of a list by what identifies them.

    ``form`` is the short form in which it stands in the file, None for the long one. ``content``: the identity of an
    item is its own value, so that a change is one item less and another more. ``in_order``: order has a meaning.
    ``defaults`` are entries that may be left out.
    """

    entries: Mapping[Step, Node]
    meaning: Hashable
    at: At = ()
    kind: Kinds = "mapping"
    form: Form | None = None
    content: bool = False
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list whose items have no identity but their place and content."""

    items: tuple[Node, ...]
    meaning: Hashable
    at: At = ()


Node = Leaf | Table | Sequence


def table(like: Table, entries: Mapping[Step, Node]) -> Table:
    """Other entries in the way of an existing table."""
    return Table(entries, _meaning(entries, like), like.at, like.kind, like.form, like.content, like.in_order)


def _meaning(entries: Mapping[Step, Node], like: Table) -> Hashable:
    pairs = ((step, node.meaning) for step, node in entries.items())
    return ("in order", tuple(pairs)) if like.in_order else ("table", frozenset(pairs))


def new_table(
    entries: Mapping[Step, Node],
    at: At = (),
    kind: Kinds = "mapping",
    form: Form | None = None,
    *,
    content: bool = False,
    in_order: bool = False,
) -> Table:
    """A table with its meaning."""
    return table(Table({}, (), at, kind, form, content, in_order), entries)


def sequence(items: tuple[Node, ...], at: At = ()) -> Sequence:
    """A sequence with its meaning."""
    return Sequence(items, ("sequence", tuple(item.meaning for item in items)), at)


def same(one: Node | None, other: Node | None) -> bool:
    """Whether two values mean the same, or are both absent."""
    return one.meaning == other.meaning if one is not None and other is not None else one is other


def plain(node: Node) -> Any:
    """The value as it is written: in the short form of the node where that can say it."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.kind == "items" and node.form is not forms.WORDS:
        return [plain(item) for item in node.entries.values()]
    long = {step: plain(item) for step, item in node.entries.items()}
    if node.form is not None and (short := node.form.write(long)) is not None:
        return short
    return long


def place(node: Node, path: tuple[Step, ...]) -> tuple[Node | None, At]:
    """The node under a path, and where it stands in its document; of the nearest parent where it is absent."""
    current: Node | None = node
    at = node.at
    for step in path:
        current = child(current, step) if current is not None else None
        if current is None:
            break
        at = current.at
    return current, at


def child(node: Node, step: Step) -> Node | None:
    """The part of a node under one step."""
    if isinstance(node, Table):
        return node.entries.get(step)
    if isinstance(node, Sequence) and isinstance(step, Item) and step.key.isdigit():
        index = int(step.key)
        return node.items[index] if index < len(node.items) else None
    return None


def put(node: Node, path: tuple[Step, ...], value: Node | None) -> Node | None:
    """The tree with another value under a path, None to take it out; None where the path leads nowhere."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    inner = child(node, step)
    new = value if not rest else put(inner, rest, value) if inner is not None else None
    if rest and new is None:
        return None
    if isinstance(node, Table):
        entries = {key: new if key == step else item for key, item in node.entries.items()}
        if step not in entries:
            entries[step] = new
        return table(node, {key: item for key, item in entries.items() if item is not None})
    if isinstance(node, Sequence) and isinstance(step, Item) and inner is not None:
        index = int(step.key)
        items = [new if number == index else item for number, item in enumerate(node.items)]
        return sequence(tuple(item for item in items if item is not None), node.at)
    return None
