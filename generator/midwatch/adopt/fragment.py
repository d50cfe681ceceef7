"""The smallest fragment that gives the wanted value when it is laid over what is generated."""

from __future__ import annotations

from typing import Any

from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.model import Leaf, Node, Sequence, Table, plain, same
from midwatch.merge.path import At, Item, Step
from midwatch.render.overlay import overlay
from midwatch.render.tags import Override, Reset


def fragment(kind: Kind, base: Node, wanted: Node, at: At = ()) -> Any:
    """A fragment with ``overlay(kind, base, fragment) == wanted``; where there is no smaller one, the whole."""
    if isinstance(base, Table) and isinstance(wanted, Table) and base.kind == wanted.kind:
        small: Any = _mapping(kind, base, wanted, at) if base.kind == "mapping" else _items(kind, base, wanted, at)
    elif isinstance(base, Sequence) and isinstance(wanted, Sequence):
        small = [plain(item) for item in wanted.items[len(base.items) :]]
    elif isinstance(base, Leaf):
        return plain(wanted)
    else:
        return Override(plain(wanted))
    # An order that has changed, or items that nothing tells apart, cannot be said but by the whole.
    laid = overlay(kind, base, small, at)
    return small if laid is not None and same(laid, wanted) else Override(plain(wanted))


def replaced(part: Any) -> int:
    """How many lists and mappings a fragment replaces whole: what is generated there later would never show."""
    if isinstance(part, Override):
        return 1
    if isinstance(part, dict):
        return sum(map(replaced, part.values()))
    # An item is one value, as a number is.
    return sum(replaced(item) for item in part if not isinstance(item, Override)) if isinstance(part, list) else 0


def _mapping(kind: Kind, base: Table, wanted: Table, at: At) -> dict[Any, Any]:
    parts: dict[Any, Any] = {}
    for step, node in wanted.entries.items():
        old = base.entries.get(step)
        if not same(old, node):
            parts[step] = plain(node) if old is None else fragment(kind, old, node, (*at, step))
    return parts | {step: Reset() for step in base.entries if step not in wanted.entries}


def _items(kind: Kind, base: Table, wanted: Table, at: At) -> list[Any]:
    parts: list[Any] = []
    for step, node in wanted.entries.items():
        old = base.entries.get(step)
        if old is None:
            parts.append(plain(node))
        elif not same(old, node):
            parts.append(_item(kind, step, old, node, at))
    gone = (step for step in base.entries if step not in wanted.entries)
    return parts + [Reset(_named(kind, step, base.entries[step], at)) for step in gone]


def _item(kind: Kind, step: Step, old: Node, node: Node, at: At) -> Any:
    """Of an item that is a mapping: what identifies it, and what is different."""
    if isinstance(old, Table) and isinstance(node, Table) and node.form is None and old.form is None:
        named = _named(kind, step, node, at)
        inner = fragment(kind, old, node, (*at, 0))
        if isinstance(named, dict) and isinstance(inner, dict):
            return named | inner
    return Override(plain(node)) if isinstance(node, Table) else plain(node)


def _named(kind: Kind, step: Step, node: Node, at: At) -> Any:
    """The least of an item that still identifies it."""
    whole = plain(node)
    if isinstance(step, Item) and isinstance(whole, dict):
        for keys in ([step.by], [step.by, "protocol"], list(whole)):
            least = {key: whole[key] for key in keys if key in whole}
            if least and _identity(kind, least, at) == step:
                return least
    return whole


def _identity(kind: Kind, item: Any, at: At) -> Step | None:
    built = build(kind, [item], at)
    return next(iter(built.entries), None) if isinstance(built, Table) else None
