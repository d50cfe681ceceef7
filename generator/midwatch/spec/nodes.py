"""YAML text as a tree of nodes that know their place.

Built from the reader's events instead of by its composer: no recursion, no tags, no objects, a bound on depth and on
the
number of values before an alias is ever written out, and all duplicate keys found in one go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from midwatch.errors import Problem
from midwatch.spec.paths import Path, format_path
from midwatch.spec.scalars import resolve
from midwatch.spec.source import Unreadable

MAX_DEPTH = 20
MAX_VALUES = 100_000
"""Most values in a spec, with every alias written out."""


@dataclass(slots=True)
class Node:
    """A value and where it begins (from 1). ``size`` and ``depth`` are those of the tree below, aliases written out."""

    line: int
    column: int
    size: int = 1
    depth: int = 1


@dataclass(slots=True)
class Scalar(Node):
    text: str = ""
    plain: bool = True
    """Written without quotes, so it may be a number, true, false or null."""

    def data(self) -> object:
        return resolve(self.text) if self.plain else self.text


@dataclass(slots=True)
class Items(Node):
    items: list[Node] = field(default_factory=list)

    def data(self) -> list[object]:
        return [to_data(item) for item in self.items]


@dataclass(slots=True)
class Keys(Node):
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    key: Scalar | None = None
    """Read, and waiting for its value."""

    def data(self) -> dict[str, object]:
        return {key: to_data(value) for key, (_, value) in self.entries.items()}


def to_data(node: Node) -> object:
    """Plain dicts, lists and scalars."""
    return node.data() if isinstance(node, Scalar | Items | Keys) else None


class Builder:
    """Takes events, one by one; afterwards ``root`` is the tree and ``problems`` what did not stop it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._open: list[Items | Keys] = []
        self._anchors: dict[str, Node | None] = {}
        self._names: list[str | None] = []
        self._documents = self._values = 0

    def take(self, event: Any) -> None:
        """One event of ruamel's parser. Raises Unreadable when the text cannot be a spec."""
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._check_tag(event, line, column)
            if len(self._open) >= MAX_DEPTH:
                raise self._stop(f"is nested too deeply: more than {MAX_DEPTH} levels", line, column)
            self._open.append(Keys(line, column) if isinstance(event, MappingStartEvent) else Items(line, column))
            self._names.append(event.anchor)
            if event.anchor:
                self._anchors[event.anchor] = None
        elif isinstance(event, ScalarEvent):
            self._check_tag(event, line, column)
            node = Scalar(line, column, text=event.value, plain=event.style is None or event.style == "")
            if event.anchor:
                self._anchors[event.anchor] = node
            self._place(node)
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor, line, column)
        elif isinstance(event, DocumentStartEvent):
            self._document(event, line, column)

    def _document(self, event: Any, line: int, column: int) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._stop("holds more than one document: '---' begins a second one", line, column, "keep one")
        if event.version and tuple(event.version) != (1, 2):
            raise self._stop("must be YAML 1.2", line, column, "remove the %YAML line")

    def _check_tag(self, event: Any, line: int, column: int) -> None:
        if event.tag:
            self._problem(
                f"tags such as {str(event.tag)[:60]!r} are not allowed", line, column, "write the plain value"
            )

    def _alias(self, anchor: str, line: int, column: int) -> None:
        if anchor not in self._anchors:
            raise self._stop(f"*{anchor[:60]} refers to nothing: there is no &{anchor[:60]} above", line, column)
        node = self._anchors[anchor]
        if node is None:
            raise self._stop(f"*{anchor[:60]} refers to itself", line, column)
        self._place(node, line, column)

    def _close(self) -> None:
        node, anchor = self._open.pop(), self._names.pop()
        if anchor:
            self._anchors[anchor] = node
        self._place(node)

    def _place(self, node: Node, line: int = 0, column: int = 0) -> None:
        """Put a finished node where it belongs: into the list or behind the key that is open."""
        line, column = line or node.line, column or node.column
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        self._values += 1
        if max(parent.size, self._values) > MAX_VALUES:
            raise self._stop(f"holds more than {MAX_VALUES} values, with aliases written out", line, column)
        if parent.depth + len(self._open) - 1 > MAX_DEPTH:
            raise self._stop(f"is nested too deeply: more than {MAX_DEPTH} levels", line, column)
        if isinstance(parent, Items):
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._as_key(node, line, column)
        else:
            self._entry(parent, parent.key, node)
            parent.key = None

    def _as_key(self, node: Node, line: int, column: int) -> Scalar:
        if isinstance(node, Scalar):
            return Scalar(line, column, text=node.text, plain=node.plain)
        hint = "quote values that begin with { or [" if isinstance(node, Keys) else ""
        raise self._stop("a key must be a word, not a list or a group of keys", line, column, hint)

    def _entry(self, parent: Keys, key: Scalar, value: Node) -> None:
        first = parent.entries.get(key.text)
        if key.plain and key.text == "<<":
            self._problem("merge keys are not part of YAML 1.2", key.line, key.column, "write the keys out", "<<")
        elif first:
            message = f"is given twice, first in line {first[0].line}"
            self._problem(message, key.line, key.column, "remove one", key.text)
        else:
            parent.entries[key.text] = (key, value)

    def _path(self) -> Path:
        """Of the value that comes next."""
        steps = (len(one.items) if isinstance(one, Items) else one.key.text if one.key else None for one in self._open)
        return tuple(step for step in steps if step is not None)

    def _problem(self, message: str, line: int, column: int, hint: str = "", key: str | None = None) -> None:
        path = self._path() if key is None else (*self._path()[:-1], key)
        self.problems.append(Problem(message, self.file, line, column, format_path(path), hint))

    def _stop(self, message: str, line: int, column: int, hint: str = "") -> Unreadable:
        return Unreadable(Problem(message, self.file, line, column, hint=hint))


def events(text: str) -> Any:
    """ruamel's events for the text, lazily."""
    return YAML(typ="safe", pure=True).parse(text)
