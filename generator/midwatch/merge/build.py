"""From plain data to the tree that is merged, by the table of ``midwatch.merge.identity``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from midwatch.check.kinds import Kind
from midwatch.merge import flags, forms, meaning
from midwatch.merge.forms import Form
from midwatch.merge.identity import Rule, rule
from midwatch.merge.model import Leaf, Node, Table, new_table, sequence
from midwatch.merge.path import At, Item, Step


def build(kind: Kind, value: Any, at: At = ()) -> Node:
    """The tree of a value that stands at ``at`` in a file of this kind."""
    found = rule(kind, at)
    if found is not None:
        if found.how == "whole":
            return _whole(kind, value, at)
        if found.how == "table":
            return _table(kind, value, at, found)
        if found.how in ("keyed", "set") and (isinstance(value, list) or _short(found.form, value) is not None):
            return _items(kind, value, at, found)
    if isinstance(value, dict):
        return new_table({key: build(kind, item, (*at, key)) for key, item in value.items()}, at)
    if isinstance(value, list):
        return sequence(tuple(build(kind, item, (*at, index)) for index, item in enumerate(value)), at)
    return Leaf(value, meaning.scalar(kind, at, value), at)


def _short(form: Form | None, value: Any) -> dict[Any, Any] | None:
    return form.read(value) if form is not None else None


def _whole(kind: Kind, value: Any, at: At) -> Leaf:
    if isinstance(value, str) and at[-1:] == ("test",):
        return Leaf(value, ("whole", repr(["CMD-SHELL", value])), at)
    if isinstance(value, list):
        return Leaf(value, ("whole", repr([str(item) for item in value])), at)
    return Leaf(value, meaning.scalar(kind, at, value), at)


def _table(kind: Kind, value: Any, at: At, found: Rule) -> Node:
    """A mapping, or the list that stands for one."""
    form = found.form
    long = _short(form, value)
    if long is None:
        if value is None and form is not forms.PAIRS:
            value = {}
        if not isinstance(value, dict):
            return Leaf(value, meaning.scalar(kind, at, value), at)
        return new_table({key: _entry(kind, item, (*at, key), (*at, key), form) for key, item in value.items()}, at)
    entries: dict[Step, Node] = {}
    for index, (key, item) in enumerate(long.items()):
        entries[key] = _entry(kind, item, (*at, key), (*at, index), form)
    # A name that is given twice: which item is meant is not known, so the list is one value.
    if len(long) != len(value):
        return Leaf(value, ("whole", repr(value)), at)
    return new_table(entries, at, "mapping", form)


def _entry(kind: Kind, item: Any, named: At, at: At, form: Form | None) -> Node:
    if form is forms.PAIRS:
        return Leaf(item, meaning.scalar(kind, named, item), at)
    if form is forms.NEEDS and not item:
        item = forms.STARTED
    if item is None:
        item = {}
    if not isinstance(item, dict):
        return Leaf(item, meaning.scalar(kind, named, item), at)
    kept = _without(form, item)
    return new_table({key: build(kind, value, (*named, key)) for key, value in kept.items()}, at)


def _without(form: Form | None, long: Mapping[Any, Any]) -> dict[Any, Any]:
    """The long form without what it need not say."""
    defaults = form.defaults if form else {}
    return {key: value for key, value in long.items() if key not in defaults or value != defaults[key]}


def _items(kind: Kind, value: Any, at: At, found: Rule) -> Table:
    form = found.form
    long = _short(form, value)
    words = list(long.values()) if long is not None else value
    if found.by == "flag":
        names = flags.keys(words)
        pairs = enumerate(zip(names, words, strict=True))
        nodes: list[Node] = [Leaf(item, meaning.word(name, item), (*at, index)) for index, (name, item) in pairs]
        keys = _told_apart(found, names, words)
    else:
        nodes = [_item(kind, item, (*at, index), found.item) for index, item in enumerate(words)]
        named = [_key(found, item, node) for item, node in zip(words, nodes, strict=True)]
        keys = _told_apart(found, named, words)
    entries: dict[Step, Node] = dict(zip(keys, nodes, strict=True))
    return new_table(
        entries, at, "items", form if long is not None else None, content=found.how == "set", in_order=found.in_order
    )


def _item(kind: Kind, item: Any, at: At, form: Form | None) -> Node:
    if form is None:
        return build(kind, item, at)
    long = form.read(item)
    if long is None and not isinstance(item, dict):
        return build(kind, item, at)
    kept = _without(form, item if long is None else long)
    return new_table(
        {key: build(kind, value, (*at, key)) for key, value in kept.items()}, at, "mapping", form if long else None
    )


def _told_apart(found: Rule, raw: list[str], words: list[Any]) -> list[Item]:
    """One identity per item; the second of the same name is told apart by its labels, else by its number."""
    seen = Counter(raw)
    if any(count > 1 for count in seen.values()):
        raw = [
            f"{key} {labels}" if seen[key] > 1 and (labels := _labels(item)) else key
            for key, item in zip(raw, words, strict=True)
        ]
    numbers: Counter[str] = Counter()
    result = []
    for key in raw:
        numbers[key] += 1
        result.append(Item(found.by, key if numbers[key] == 1 else f"{key} #{numbers[key]}"))
    return result


def _labels(item: Any) -> str:
    labels = item.get("labels") if isinstance(item, dict) else None
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) if isinstance(labels, dict) else ""


def _key(found: Rule, item: Any, node: Node) -> str:
    read: Callable[[Any], str | None] | None = found.key
    if read is None:
        return str(item) if not isinstance(item, dict | list) else repr(node.meaning)
    long = _short(found.item, item)
    return read(item if long is None else long) or "(none)"
