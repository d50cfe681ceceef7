"""What differs between versions of one structured file, by meaning: two of them, or three with who made each change.

Identity, meaning and conflicts are those of the merge (``midwatch.merge``), so that what is told here is what
``generate`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from midwatch.check.document import Document
from midwatch.check.kinds import Kind
from midwatch.diff.model import ABSENT, Change, Origin
from midwatch.merge.build import build
from midwatch.merge.model import Node, Sequence, Table, new_table, place, plain, same
from midwatch.merge.path import Item, Path
from midwatch.merge.three import differences, merge


@dataclass(frozen=True, slots=True)
class Shown:
    """The version of a file whose line numbers are told."""

    document: Document
    kind: Kind
    tree: Node


def comparable(documents: Iterable[Document | None]) -> bool:
    """Whether all are there, can be read, and hold the same kind of thing: an empty file has no keys to compare."""
    read = list(documents)
    kinds = {type(document.data) for document in read if document and not document.problems}
    return all(document is not None and not document.problems for document in read) and kinds in ({dict}, {list})


def two(kind: Kind, old: Document, new: Document, origin: Origin = Origin.OTHER) -> Iterator[Change]:
    """The changes from the old version to the new one."""
    before, after = build(kind, old.data), build(kind, new.data)
    yield from _two(Shown(new, kind, after), before, after, (), origin)


def three(kind: Kind, base: Document, ours: Document, theirs: Document) -> Iterator[Change]:
    """The changes since the base, each with who made it: by hand, by the spec, by both, or a conflict."""
    trees = [build(kind, side.data) for side in (base, ours, theirs)]
    yield from _three(Shown(ours, kind, trees[1]), trees[0], trees[1], trees[2], ())


def _three(shown: Shown, base: Node | None, ours: Node | None, theirs: Node | None, path: Path) -> Iterator[Change]:
    if same(ours, theirs):
        yield from _two(shown, base, ours, path, Origin.BOTH)
    elif same(base, theirs):
        yield from _two(shown, base, ours, path, Origin.HAND)
    elif same(base, ours):
        yield from _two(shown, base, theirs, path, Origin.SPEC)
    elif any(conflict.path == path for conflict in merge(base, ours, theirs, path).conflicts):
        yield _change(shown, base, ours, path, Origin.CONFLICT, theirs)
    elif isinstance(ours, Table) and isinstance(theirs, Table):
        entries = (base if isinstance(base, Table) else new_table({})).entries
        for step in dict.fromkeys((*entries, *ours.entries, *theirs.entries)):
            yield from _three(
                shown, entries.get(step), ours.entries.get(step), theirs.entries.get(step), (*path, step)
            )  # fmt: skip
    elif (items := _item_by_item(shown, base, ours, theirs, path)) is not None:
        yield from items
    else:
        yield _change(shown, base, ours, path, Origin.HAND)
        yield _change(shown, base, theirs, path, Origin.SPEC)


def _item_by_item(
    shown: Shown, base: Node | None, ours: Node | None, theirs: Node | None, path: Path
) -> list[Change] | None:
    """The changes within a list whose items have no identity; None where the merge does not see them one by one."""
    sides = (base, ours, theirs)
    lists = [side.items for side in sides if isinstance(side, Sequence)]
    if len(lists) < len(sides) or len({len(items) for items in lists}) > 1:
        return None
    steps = [Item("index", str(index)) for index in range(len(lists[0]))]
    parts = zip(steps, *lists, strict=True)
    found = [change for step, was, mine, other in parts for change in _three(shown, was, mine, other, (*path, step))]
    fought = {change.path for change in found if change.origin is Origin.CONFLICT}
    return found if fought == {one.path for one in merge(base, ours, theirs, path).conflicts} else None


def _two(shown: Shown, old: Node | None, new: Node | None, path: Path, origin: Origin) -> Iterator[Change]:
    for found in differences(old, new, path):
        yield _change(shown, found.before, found.after, found.path, origin)


def _change(
    shown: Shown, old: Node | None, new: Node | None, path: Path, origin: Origin, wanted: Node | None = None
) -> Change:
    where = shown.document.at(*place(shown.tree, path)[1])
    values = [ABSENT if node is None else plain(node) for node in (old, new, wanted)]
    return Change(shown.document.path, shown.kind, path, values[0], values[1], origin, where, values[2], old, new)
