"""Where every entry of a YAML text stands: from the parser's events, so that an alias is itself and not its anchor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode

from midwatch.check.document import scalar
from midwatch.merge.path import At


@dataclass(frozen=True, slots=True)
class Span:
    """One entry of a mapping, or one item of a list. Lines count from 0; ``end`` is the line after its last one.

    ``column`` is that of the key or of the dash. ``alone``: its lines hold nothing else, so that whole lines may be
    taken out or put in. ``lines``: its value is a block collection or a block scalar. ``style``: ``plain``, a quote, or
    empty for what is no scalar in a line.
    """

    line: int
    column: int
    end: int
    alone: bool
    flow: bool
    alias: bool
    lines: bool
    style: str


@lru_cache(maxsize=4)  # The same text is asked for as what is edited and as what lines are taken from.
def spans(text: str) -> Mapping[At, Span]:
    """Every entry by its keys and indexes. Raises YAMLError for a text that is not YAML."""
    try:
        return _spans(text, pure=False)
    except YAMLError:  # The parser in C is fast, and does not know all of YAML 1.2: see check.document.
        return _spans(text, pure=True)


def documents(text: str) -> int:
    """How many documents a text that can be read holds; a marker at its start or its end makes none more."""
    try:
        return _starts(text, pure=False)
    except YAMLError:  # As in ``spans``.
        return _starts(text, pure=True)


def _starts(text: str, *, pure: bool) -> int:
    return sum(isinstance(event, DocumentStartEvent) for event in YAML(typ="safe", pure=pure).parse(text))


def _spans(text: str, *, pure: bool) -> Mapping[At, Span]:
    found: dict[At, Span] = {}
    _Reader(text.split("\n"), found, iter(YAML(typ="safe", pure=pure).parse(text))).document()
    return found


class _Reader:
    """Follows the events; it calls itself once per level, and ``check.document`` bounds the levels before."""

    def __init__(self, lines: list[str], found: dict[At, Span], events: Iterator[Event]) -> None:
        self.lines, self.found, self.events = lines, found, events

    def document(self) -> None:
        """The first document of the stream."""
        for event in self.events:
            if isinstance(event, CollectionStartEvent | ScalarEvent):
                self.value(event, (), flow=False)
                return

    def value(self, event: Event, at: At, *, flow: bool) -> int:
        """Reads one value; returns the line after its last one."""
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, at, flow=flow or bool(event.flow_style))
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, at, flow=flow or bool(event.flow_style))
        end = event.end_mark
        if isinstance(event, ScalarEvent) and event.style in ("|", ">"):
            last = end.line + (end.column > 0)
            while last > event.start_mark.line + 1 and not self.lines[last - 1].strip():
                last -= 1
            return int(last)
        return int(end.line + 1)

    def _mapping(self, start: Event, at: At, *, flow: bool) -> int:
        last: int = start.start_mark.line + 1
        while not isinstance(key := next(self.events), CollectionEndEvent):
            if not isinstance(key, ScalarEvent):
                self.value(key, (*at, None), flow=flow)
                name: Any = str(key.start_mark.line)
            else:
                name = _scalar(key)
            event = next(self.events)
            last = max(last, self._entry((*at, name), key, event, flow=flow, dash=False))
        return max(last, key.end_mark.line + 1) if flow else last

    def _sequence(self, start: Event, at: At, *, flow: bool) -> int:
        last: int = start.start_mark.line + 1
        index = 0
        while not isinstance(event := next(self.events), CollectionEndEvent):
            last = max(last, self._entry((*at, index), event, event, flow=flow, dash=not flow))
            index += 1
        return max(last, event.end_mark.line + 1) if flow else last

    def _entry(self, at: At, mark: Event, event: Event, *, flow: bool, dash: bool) -> int:
        line, column = mark.start_mark.line, mark.start_mark.column
        before = self.lines[line][:column] if line < len(self.lines) else ""
        if dash:
            # The value of an item may stand on a later line than its dash, or be empty.
            while before.rstrip()[-1:] != "-" and line > 0 and not before.strip():
                line -= 1
                before = self.lines[line].partition(" #")[0]
            column = len(before.rstrip()) - 1
            before = before[:column]
        empty = isinstance(event, ScalarEvent) and not event.style and not event.value
        end = mark.start_mark.line + 1 if empty else self.value(event, at, flow=flow)
        block = isinstance(event, ScalarEvent) and event.style in ("|", ">")
        lines = block or (isinstance(event, CollectionStartEvent) and not event.flow_style)
        alone = not flow and not before.strip()
        end = self._with_comments(end, column) if alone else end
        style = (event.style or "plain") if isinstance(event, ScalarEvent) and not block else ""
        self.found[at] = Span(line, column, end, alone, flow, isinstance(event, AliasEvent), lines, style)
        return end

    def _with_comments(self, end: int, column: int) -> int:
        """Comments below it that are indented more than it belong to it."""
        at = end
        while at < len(self.lines):
            line = self.lines[at]
            rest = line.lstrip(" ")
            if rest and (not rest.startswith("#") or len(line) - len(rest) <= column):
                break
            at += 1
            if rest:
                end = at
        return end


@cache
def _resolver() -> Any:
    return YAML(typ="safe", pure=True).resolver


def _scalar(event: ScalarEvent) -> Any:
    """The key as ``check.document`` reads it."""
    tag = event.tag or _resolver().resolve(ScalarNode, event.value, event.implicit)
    return scalar(ScalarNode(str(tag), event.value))
