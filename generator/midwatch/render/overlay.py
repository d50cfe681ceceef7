"""One value laid over another: how a fragment of the user's own changes what is generated.

Mappings by key, lists by what identifies an item (``midwatch.merge.identity``): what is there is changed, what is not
is added; a list without identities gets the items that it has not yet; any other value is replaced. ``!reset`` takes
away and ``!override`` replaces, as in Compose.
"""

from __future__ import annotations

from typing import Any

from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.model import Node, Sequence, Table, sequence, table
from midwatch.merge.path import At
from midwatch.render.tags import Override, Reset, bare


def overlay(kind: Kind, base: Node | None, part: Any, at: At = ()) -> Node | None:
    """The tree of ``part`` laid over ``base``; None where nothing is left.

    ``kind`` and ``at`` say which file and place it is, since they decide what identifies an item.
    """
    if isinstance(part, Reset):
        return None
    if isinstance(part, Override):
        return build(kind, bare(part.value), at)
    node = build(kind, bare(part), at)
    if isinstance(node, Table) and (base is None or (isinstance(base, Table) and base.kind == node.kind)):
        return _table(kind, base or table(node, {}), node, part, at)
    if isinstance(node, Sequence) and isinstance(base, Sequence):
        there = {item.meaning for item in base.items}
        return sequence((*base.items, *(item for item in node.items if item.meaning not in there)), base.at)
    return node


def _table(kind: Kind, base: Table, node: Table, part: Any, at: At) -> Table:
    entries = dict(base.entries)
    for index, (step, inner) in enumerate(node.entries.items()):
        raw = part[index] if isinstance(part, list) else part.get(step, bare(part)) if isinstance(part, dict) else None
        if isinstance(raw, Reset):
            entries.pop(step, None)
        elif isinstance(raw, dict | list | Override):
            key = index if isinstance(part, list) else step
            laid = overlay(kind, entries.get(step), raw, (*at, key))
            if laid is not None:
                entries[step] = laid
        else:
            entries[step] = inner
    return table(base, entries)
