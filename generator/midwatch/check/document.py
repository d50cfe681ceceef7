"""YAML of anybody's, read within bounds and with the place of every key.

A hostile or broken file gives a problem, never a traceback: size, nesting and the *expanded* number of nodes
(aliases!) are limited before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver

from midwatch.check.finding import Position

MAX_BYTES = 2 * 1024**2
MAX_NODES = 300_000
MAX_DEPTH = 200
"""Of collections in one another; the composer in C calls itself, and has no stack for a hundred thousand."""
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. ``data`` is None when it could not be read; ``problems`` then says why."""

    path: str
    data: Any = None
    marks: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    problems: tuple[tuple[Position, str], ...] = ()

    def at(self, *key: str | int) -> Position:
        """Where the key is, or the nearest parent of it that is written in the file."""
        for length in range(len(key), -1, -1):
            if mark := self.marks.get(key[:length]):
                return Position(self.path, *mark)
        return Position(self.path)

    def find(self, name: object, *below: str | int) -> Position | None:
        """The first place below a key where ``name`` stands, as a key or as a plain value."""
        for key in self.marks:
            if key[: len(below)] == below and len(key) > len(below) and name in (key[-1], self.get(*key)):
                return self.at(*key)
        return None

    def get(self, *key: str | int) -> Any:
        """The value under a path of keys and indexes; None when any step is missing."""
        value = self.data
        for step in key:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


def mapping(value: Any) -> dict[Any, Any]:
    """The value if it is a mapping, else an empty one: what a file should hold it need not."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


class _RefusedError(Exception):
    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.position = (node.start_mark.line + 1, node.start_mark.column + 1)


def parse(path: str, raw: bytes) -> Document:
    """Parse one YAML document (of several, the first). Never raises for bad content."""
    if len(raw) > MAX_BYTES:
        return _broken(path, f"is too large to be read (more than {MAX_BYTES // 1024} KiB)")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _broken(path, f"is not UTF-8 (byte {error.start})", raw[: error.start].count(b"\n") + 1)
    try:
        node, simple = _compose(text)
        if node is None:
            return Document(path)
        if not simple:
            _count(node, {}, set())
        builder = _Builder()
        data = builder.build(node, ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return _broken(path, f"is not valid YAML: {error.problem or error.context}", *where)
    except (YAMLError, ValueError) as error:
        return _broken(path, f"is not valid YAML: {str(error).splitlines()[0]}")
    except _RefusedError as error:
        return _broken(path, str(error), *error.position)
    except RecursionError:
        return _broken(path, "is nested too deeply")
    return Document(path, data, builder.marks, tuple((Position(path, *mark), text) for mark, text in builder.problems))


class _Resolver(VersionedResolver):
    """Remembers its answers: most scalars of a stack stand there many times."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is not ScalarNode:
            return super().resolve(kind, value, implicit)
        known: dict[Any, Any] = self.__dict__.setdefault("_known", {})
        question = (value, tuple(implicit))
        if question not in known:
            known[question] = super().resolve(kind, value, implicit)
        return known[question]


def _compose(text: str) -> tuple[Node | None, bool]:
    """The first document, and whether it is simple: so many values and no more, since no alias stands for others.

    The parser in C, where it is installed, is five times as fast; what it refuses goes to the other one, which takes
    all of YAML 1.2 and whose messages people know.
    """
    try:
        deepest, simple = _survey(YAML(typ="safe", pure=False).parse(text))
        if deepest <= MAX_DEPTH:
            reader = YAML(typ="safe", pure=False)
            reader.Resolver = _Resolver
            return next(iter(reader.compose_all(text)), None), simple
    except YAMLError:
        pass
    return next(iter(YAML(typ="safe", pure=True).compose_all(text)), None), False


def _survey(events: Iterable[Event]) -> tuple[int, bool]:
    """How deep collections lie in one another, which stops where it is too deep; whether the document is simple."""
    depth = deepest = found = aliases = 0
    for event in events:
        found += 1
        if isinstance(event, CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, AliasEvent):
            aliases += 1
    return deepest, found <= MAX_NODES and not aliases


def _broken(path: str, message: str, line: int = 0, column: int = 0) -> Document:
    return Document(path, problems=((Position(path, line, column), message),))


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _count(node: Node, known: dict[int, int], open_nodes: set[int]) -> int:
    """Number of nodes after every alias is expanded, without expanding any."""
    if id(node) in known:
        return known[id(node)]
    if id(node) in open_nodes:
        raise _RefusedError("an alias contains itself", node)
    open_nodes.add(id(node))
    total = 1 + sum(_count(child, known, open_nodes) for child in _children(node))
    open_nodes.discard(id(node))
    if total > MAX_NODES:
        raise _RefusedError(f"expands to more than {MAX_NODES} values (too many aliases)", node)
    known[id(node)] = total
    return total


class _Builder:
    """Builds plain data from nodes, noting where each key stands."""

    def __init__(self) -> None:
        self.marks: dict[Key, tuple[int, int]] = {}
        self.problems: list[tuple[tuple[int, int], str]] = []

    def build(self, node: Node, path: Key, mark: Node | None = None) -> Any:
        start = (mark or node).start_mark
        self.marks[path] = (start.line + 1, start.column + 1)
        if isinstance(node, SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return scalar(node)

    def _mapping(self, node: MappingNode, path: Key) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key, value in node.value:
            if key.tag.endswith(":merge") or getattr(key, "value", None) == "<<":
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    if isinstance(source, MappingNode):
                        merged = {**self._mapping(source, path), **merged}
                continue
            name = scalar(key) if isinstance(key, ScalarNode) else str(key.start_mark.line)
            if name in data:
                place = (key.start_mark.line + 1, key.start_mark.column + 1)
                self.problems.append((place, f"the key '{name}' is given twice; only the last one would count"))
            data[name] = self.build(value, (*path, name), key)
        return {**merged, **data}


def scalar(node: Node) -> Any:
    """The value of a scalar by YAML 1.2's core schema; anything unusual stays a string."""
    kind = str(node.tag).rsplit(":", 1)[-1]
    text = str(node.value)
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(text.replace("_", ""))
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else text
