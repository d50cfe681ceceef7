"""Where not all of a merge can be written at once: each change by itself, and a conflict for what cannot be even so."""

from __future__ import annotations

from midwatch.check.kinds import Kind
from midwatch.merge.edit import Side, edit, read
from midwatch.merge.inline import RefusedError
from midwatch.merge.model import Node, Table, place, put, table
from midwatch.merge.path import Path
from midwatch.merge.three import Conflict, Difference, differences, placed


def piece_by_piece(kind: Kind, wanted: Node, base: Side, ours: Side, theirs: Side) -> tuple[str, tuple[Conflict, ...]]:
    """Ours with as much of the wanted value as can be written, and what cannot."""
    refused: list[Conflict] = []
    now = ours
    for _ in range(2):  # Once all is there, an order may be left, which no change by itself is.
        for difference in list(differences(now.node, wanted)):
            if any(difference.path[: len(one.path)] == one.path for one in refused):
                continue
            done = _with(kind, difference, wanted, base, now, theirs)
            if done is None:
                values = (place(side.node, difference.path)[0] for side in (base, ours, theirs))
                refused.append(Conflict(difference.path, *values))
            else:
                now = done
    return now.text, tuple(refused)


def _with(kind: Kind, difference: Difference, wanted: Node, base: Side, now: Side, theirs: Side) -> Side | None:
    """The text with one change made; None where it cannot be."""
    aim = put(now.node, difference.path, difference.after)
    if aim is None:
        return None
    if difference.before is None:
        aim = _in_its_place(aim, wanted, difference.path[:-1])
    try:
        result = edit(now.text, kind, aim, base, now, theirs)
    except RefusedError:
        return None
    node = read(result, kind)
    return Side(result, node) if node is not None else None


def _in_its_place(aim: Node, wanted: Node, path: Path) -> Node:
    """What is new in a table stands where it is wanted, and not at its end."""
    here, there = (place(node, path)[0] for node in (aim, wanted))
    if not isinstance(here, Table) or not isinstance(there, Table):
        return aim
    steps = placed(here.entries, list(there.entries), list(here.entries))
    return put(aim, path, table(here, {step: here.entries[step] for step in steps})) or aim
