"""The merge itself: base, ours and theirs in, the merged value and the conflicts out. Pure.

*Base* is what was generated last, *ours* what is on disk, *theirs* what is to be generated now. What only one side
changed is taken from that side. What both changed to different things is a conflict: the result keeps ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from midwatch.merge import align
from midwatch.merge.model import Node, Sequence, Table, new_table, same, sequence, table
from midwatch.merge.path import Item, Path, Step


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs between two trees; None where it is absent."""

    path: Path
    before: Node | None
    after: Node | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value that both sides changed to different things; None where it is absent."""

    path: Path
    base: Node | None
    ours: Node | None
    theirs: Node | None


@dataclass(frozen=True, slots=True)
class Merged:
    """The intended value, None where both sides agree that it is gone, and what they do not agree about."""

    node: Node | None
    conflicts: tuple[Conflict, ...] = ()


def merge(base: Node | None, ours: Node | None, theirs: Node | None, path: Path = ()) -> Merged:
    """Merge two changes of one value."""
    if same(base, theirs) or same(ours, theirs):
        return Merged(ours)
    if same(base, ours) and not (isinstance(ours, Table) and isinstance(theirs, Table)):
        return Merged(theirs)
    # Two tables are merged even where ours only differs in style: the result has to keep that style.
    if ours is None or theirs is None:
        return Merged(ours, (Conflict(path, base, ours, theirs),))
    if isinstance(ours, Table) and isinstance(theirs, Table) and (base is None or isinstance(base, Table)):
        return _tables(base or new_table({}), ours, theirs, path)
    if isinstance(ours, Sequence) and isinstance(theirs, Sequence) and isinstance(base, Sequence):
        return _sequences(base, ours, theirs, path)
    return Merged(ours, (Conflict(path, base, ours, theirs),))


def _tables(base: Table, ours: Table, theirs: Table, path: Path) -> Merged:
    if ours.kind != theirs.kind:  # A list here, a mapping there, and no way to hold one against the other.
        return Merged(ours, (Conflict(path, base, ours, theirs),))
    if ours.content and _replaced_by_both(base, ours, theirs):
        return Merged(ours, (Conflict(path, base, ours, theirs),))
    merged: dict[Step, Node] = {}
    conflicts: list[Conflict] = []
    for step in dict.fromkeys((*ours.entries, *theirs.entries, *base.entries)):
        part = merge(base.entries.get(step), ours.entries.get(step), theirs.entries.get(step), (*path, step))
        conflicts += part.conflicts
        if part.node is not None:
            merged[step] = part.node
    order = _order(base, ours, theirs)
    if order is None:
        return Merged(ours, (Conflict(path, base, ours, theirs),))
    return Merged(table(ours, {step: merged[step] for step in placed(merged, *order)}), tuple(conflicts))


def _replaced_by_both(base: Table, ours: Table, theirs: Table) -> bool:
    """Whether both took the same item out of a set and put something else in: two answers to one question."""
    gone = base.entries.keys() - ours.entries.keys() - theirs.entries.keys()
    mine, others = (side.entries.keys() - base.entries.keys() for side in (ours, theirs))
    return bool(gone) and bool(mine - others) and bool(others - mine)


def _order(base: Table, ours: Table, theirs: Table) -> tuple[list[Step], list[Step]] | None:
    """Whose order leads and whose items are put between; None where both reordered, differently, and order matters."""
    mine, others = list(ours.entries), list(theirs.entries)
    if not ours.in_order:
        return mine, others
    common = [step for step in base.entries if step in ours.entries and step in theirs.entries]
    kept = set(common)
    here, there = ([step for step in side if step in kept] for side in (mine, others))
    if there in (common, here):
        return mine, others
    return (others, mine) if here == common else None


def placed(merged: Collection[Step], lead: list[Step], other: list[Step]) -> list[Step]:
    """All steps of ``merged`` in the order of ``lead``; what only ``other`` has comes after what precedes it there."""
    result = [step for step in lead if step in merged]
    known = set(result)
    before: Step | None = None
    first = True
    for step in other:
        if step in merged and step not in known:
            at = 0 if first else result.index(before) + 1
            # Behind what the leading side itself put there.
            while at < len(result) and result[at] not in other:
                at += 1
            result.insert(at, step)
            known.add(step)
        if step in known:
            before, first = step, False
    return result


def _sequences(base: Sequence, ours: Sequence, theirs: Sequence, path: Path) -> Merged:
    """Aligned like lines. Where a hunk has as many items on all sides they are merged one by one."""
    items: list[Node] = []
    conflicts: list[Conflict] = []
    whole = Merged(ours, (Conflict(path, base, ours, theirs),))
    equal = len(base.items) == len(ours.items) == len(theirs.items)
    keys = [[node.meaning for node in side.items] for side in (base, ours, theirs)]
    for hunk in align.three_way(*keys):
        parts = [side.items[slice(*span)] for side, span in
                 ((base, hunk.base), (ours, hunk.ours), (theirs, hunk.theirs))]  # fmt: skip
        was, mine, other = parts
        if hunk.stable or _all_same(mine, other) or _all_same(was, other):
            items += mine
        elif _all_same(was, mine):
            items += other
        elif len(was) == len(mine) == len(other):
            for offset, trio in enumerate(zip(was, mine, other, strict=True)):
                part = merge(*trio, (*path, Item("index", str(hunk.ours[0] + offset))))
                if part.node is None or (part.conflicts and not equal):
                    return whole
                conflicts += part.conflicts
                items.append(part.node)
        else:
            return whole
    if _doubled(items, ours, theirs):
        return whole
    return Merged(sequence(tuple(items), ours.at), tuple(conflicts))


def _doubled(items: list[Node], ours: Sequence, theirs: Sequence) -> bool:
    """Whether an item stands there more often than on either side: both put it in, and at what seem two places."""
    merged, mine, others = (Counter(node.meaning for node in side) for side in (items, ours.items, theirs.items))
    return any(count > max(mine[meaning], others[meaning]) > 0 for meaning, count in merged.items())


def _all_same(one: tuple[Node, ...], other: tuple[Node, ...]) -> bool:
    return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))


def differences(before: Node | None, after: Node | None, path: Path = ()) -> Iterator[Difference]:
    """What differs between two trees, each as deep as it can be told: an item that is new is one difference."""
    if same(before, after):
        return
    if isinstance(before, Table) and isinstance(after, Table) and before.kind == after.kind:
        inner = [
            difference
            for step in dict.fromkeys((*before.entries, *after.entries))
            for difference in differences(before.entries.get(step), after.entries.get(step), (*path, step))
        ]
        if inner:
            yield from inner
            return
    elif isinstance(before, Sequence) and isinstance(after, Sequence) and len(before.items) == len(after.items):
        for index, pair in enumerate(zip(before.items, after.items, strict=True)):
            yield from differences(*pair, (*path, Item("index", str(index))))
        return
    yield Difference(path, before, after)
