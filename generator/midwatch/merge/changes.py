"""From the value that a text has to the value that it shall have: the smallest changes, each to one entry or item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from midwatch.merge import align, forms
from midwatch.merge.model import Leaf, Node, Sequence, Table, plain, same
from midwatch.merge.path import At, Step

FRONT = object()
"""Before the first entry."""


@dataclass(frozen=True, slots=True)
class Set:
    """Another value for the entry at ``at``."""

    at: At
    value: Any
    node: Node


@dataclass(frozen=True, slots=True)
class Delete:
    """Take the entry at ``at`` out."""

    at: At


@dataclass(frozen=True, slots=True)
class Insert:
    """A new entry in the container at ``at``: ``key`` (None for an item of a list), behind the entry ``after``."""

    at: At
    key: Any
    after: Any
    value: Any
    node: Node


@dataclass(frozen=True, slots=True)
class Reorder:
    """The items of the list at ``at`` in another order: ``order`` holds their present indexes."""

    at: At
    order: tuple[int, ...]
    value: Any
    node: Node


Change = Set | Delete | Insert | Reorder


Sealed = Callable[[At], bool]
"""Whether what stands at a place is written elsewhere (an alias), so that nothing below it can be changed there."""


def changes(now: Node, wanted: Node, sealed: Sealed) -> Iterator[Change]:
    """What to change in a text whose value is ``now``."""
    if same(now, wanted):
        return
    if sealed(now.at):
        yield Set(now.at, plain(wanted), wanted)
        return
    if isinstance(now, Table) and isinstance(wanted, Table) and now.entries and wanted.entries:
        if now.kind == "mapping" and now.form is None and wanted.kind == "mapping":
            yield from _mapping(now, wanted, sealed)
            return
        if now.kind == "items" and wanted.kind == "items" and now.form is None:
            yield from list(_items(now, wanted, sealed)) or [_reordered(now, wanted)]
            return
        listed = now.form in (forms.PAIRS, forms.NAMES, forms.NEEDS)
        if listed and now.form is not None and now.form.write(_long(wanted)) is not None:
            yield from _short(now, wanted)
            return
    if isinstance(now, Sequence) and isinstance(wanted, Sequence) and now.items and wanted.items:
        yield from _sequence(now, wanted, sealed)
        return
    yield Set(now.at, plain(wanted), wanted)


def _long(node: Table) -> dict[Step, Any]:
    return {step: plain(item) for step, item in node.entries.items()}


def _mapping(now: Table, wanted: Table, sealed: Sealed) -> Iterator[Change]:
    after: Any = FRONT
    for step, node in wanted.entries.items():
        if step in now.entries:
            yield from changes(now.entries[step], node, sealed)
            after = step
        else:
            yield Insert(now.at, step, after, plain(node), node)
    yield from (Delete((*now.at, step)) for step in now.entries if step not in wanted.entries)


def _items(now: Table, wanted: Table, sealed: Sealed) -> Iterator[Change]:
    index = {step: number for number, step in enumerate(now.entries)}
    after: Any = FRONT
    for step, node in wanted.entries.items():
        if step in index:
            yield from changes(now.entries[step], node, sealed)
            after = index[step]
        else:
            yield Insert(now.at, None, after, plain(node), node)
    yield from (Delete((*now.at, number)) for step, number in index.items() if step not in wanted.entries)


def _reordered(now: Table, wanted: Table) -> Change:
    """Once nothing else is left to do, the same items stand there in another order."""
    index = {step: number for number, step in enumerate(now.entries)}
    return Reorder(now.at, tuple(index[step] for step in wanted.entries), plain(wanted), wanted)


def _short(now: Table, wanted: Table) -> Iterator[Change]:
    """A list that stands for a mapping: each entry is one text."""
    pairs = now.form is forms.PAIRS

    def text(step: Step) -> Leaf:
        value = forms.write_pair(step, plain(wanted.entries[step])) if pairs else str(step)
        return Leaf(value, value)

    index = {step: number for number, step in enumerate(now.entries)}
    after: Any = FRONT
    for step, node in wanted.entries.items():
        if step not in index:
            yield Insert(now.at, None, after, text(step).value, text(step))
            continue
        after = index[step]
        if not same(now.entries[step], node):
            yield Set((*now.at, after), text(step).value, text(step))
    yield from (Delete((*now.at, number)) for step, number in index.items() if step not in wanted.entries)


def _sequence(now: Sequence, wanted: Sequence, sealed: Sealed) -> Iterator[Change]:
    here, there = ([item.meaning for item in side.items] for side in (now, wanted))
    at = to = 0
    for start, begin, length in [*align.matches(here, there), (len(here), len(there), 0)]:
        both = min(start - at, begin - to)
        for offset in range(both):
            yield from changes(now.items[at + offset], wanted.items[to + offset], sealed)
        after: Any = at + both - 1 if at + both else FRONT
        for node in wanted.items[to + both : begin]:
            yield Insert(now.at, None, after, plain(node), node)
        yield from (Delete((*now.at, index)) for index in range(at + both, start))
        at, to = start + length, begin + length
