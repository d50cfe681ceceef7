"""A tree with one value changed; the original stays as it is."""

from __future__ import annotations

from midwatch.merge.model import Node, Sequence, Table, new_table, sequence, table
from midwatch.merge.path import Item, Path


def graft(tree: Node, path: Path, node: Node | None) -> Node:
    """The tree with ``node`` under ``path``; None takes away what is there. A path into nowhere changes nothing."""
    if not path:
        return node if node is not None else tree
    step, rest = path[0], path[1:]
    if isinstance(tree, Table):
        entries = dict(tree.entries)
        if not rest and node is None:
            entries.pop(step, None)
        else:
            entries[step] = graft(entries.get(step, new_table({})), rest, node)
        return table(tree, entries)
    if isinstance(tree, Sequence) and isinstance(step, Item) and step.key.isdigit():
        index, items = int(step.key), list(tree.items)
        if index < len(items):
            items[index : index + 1] = [] if not rest and node is None else [graft(items[index], rest, node)]
        return sequence(tuple(items), tree.at)
    return tree
