"""Changes of whole lines: an entry or item with all that belongs to it is taken out, put in, or replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from midwatch.merge import chunk, remarks
from midwatch.merge.changes import FRONT, Change, Delete, Insert, Reorder, Set
from midwatch.merge.inline import RefusedError
from midwatch.merge.model import Node
from midwatch.merge.path import At
from midwatch.merge.spans import Span


@dataclass(frozen=True, slots=True)
class Source:
    """A text that lines are taken from."""

    lines: Sequence[str]
    spans: Mapping[At, Span]
    nodes: Mapping[int, At]
    """Nodes that were built from it, by ``id``; ``root`` keeps them alive."""
    root: Node

    def at(self, node: Node) -> Span | None:
        """Where a node's entry stands, if it has lines of its own."""
        span = self.spans.get(self.nodes.get(id(node), ("nowhere",)))
        return span if span is not None and span.alone and not span.alias else None


@dataclass(frozen=True, slots=True)
class Context:
    """The text to change, where new lines come from, and which comments were generated."""

    lines: Sequence[str]
    spans: Mapping[At, Span]
    sources: Sequence[Source]
    generated: Counter[str]
    """Comments of the base."""
    current: Counter[str]
    children: Mapping[At, Sequence[Span]]
    """Comments of what is generated now."""

    def inside(self, at: At) -> Sequence[Span]:
        """The entries of a collection, in the order of the file."""
        return self.children.get(at, ())


@dataclass(frozen=True, slots=True)
class _Splice:
    first: int
    end: int
    lines: tuple[str, ...]
    number: int


def apply(context: Context, changes: Sequence[Change]) -> str:
    """The text with these changes. Raises RefusedError."""
    notes = remarks.remarks("\n".join(context.lines))
    splices = [_splice(context, change, number, notes) for number, change in enumerate(changes)]
    lines = list(context.lines)
    # From the end to the front; at one place, first what is taken out, then what is put in, which comes before it.
    for splice in sorted(splices, key=lambda one: (one.first, one.first < one.end, one.number), reverse=True):
        lines[splice.first : splice.end] = splice.lines
    return "\n".join(lines)


def _splice(context: Context, change: Change, number: int, notes: Sequence[tuple[int, str]]) -> _Splice:
    if isinstance(change, Insert):
        return _insertion(context, change, number)
    if isinstance(change, Reorder):
        return _reordering(context, change, number)
    span = context.spans[change.at]
    kept = _rescued(context, notes, span)
    if isinstance(change, Delete):
        first = span.line
        while first > chunk.leading(context.lines, span) and _obsolete(context, context.lines[first - 1]):
            first -= 1
        blank_above = first > 0 and not context.lines[first - 1].strip()
        blank_below = span.end >= len(context.lines) or not context.lines[span.end].strip()
        first -= blank_above and blank_below and not kept
        return _Splice(first, span.end, tuple(" " * span.column + text for text in kept), number)
    lines = _entry(context, change, span.column, with_comments=False)
    have = Counter(remarks.within(remarks.remarks("\n".join(lines)), 0, len(lines)))
    above = tuple(" " * span.column + text for text in (Counter(kept) - have).elements())
    return _Splice(span.line, span.end, (*above, *lines), number)


def _reordering(context: Context, change: Reorder, number: int) -> _Splice:
    """Each item moves with the comments and blank lines above it."""
    spans = [context.spans[(*change.at, index)] for index in range(len(change.order))]
    starts = [chunk.leading(context.lines, spans[0]), *(span.end for span in spans[:-1])]
    parts = [context.lines[start : span.end] for start, span in zip(starts, spans, strict=True)]
    lines = tuple(line for index in change.order for line in parts[index])
    return _Splice(starts[0], spans[-1].end, lines, number)


def _insertion(context: Context, change: Insert, number: int) -> _Splice:
    siblings = context.inside(change.at)
    if not siblings:
        raise RefusedError("there is nothing to put it beside")
    first = min(siblings, key=lambda span: span.line)
    anchor = first if change.after is FRONT else context.spans.get((*change.at, change.after))
    if anchor is None:  # It comes from a merge key.
        anchor = max(siblings, key=lambda span: span.line)
    in_front = change.after is FRONT and first.alone
    if change.key is None and not anchor.alone:
        raise RefusedError("it shares its line")
    lines = _entry(context, change, anchor.column, with_comments=True)
    at = chunk.leading(context.lines, first) if in_front else anchor.end
    apart = bool(lines) and not lines[0]
    if apart and (in_front or (at > 0 and not context.lines[at - 1].strip())):
        lines = lines[1:]
    if apart and in_front:
        lines = [*lines, ""]
    return _Splice(at, at, tuple(lines), number)


def _entry(context: Context, change: Set | Insert, column: int, *, with_comments: bool) -> list[str]:
    """The lines of a new entry; the first is empty where it stands apart from what is above it."""
    item = change.key is None if isinstance(change, Insert) else isinstance(change.at[-1], int)
    key = change.key if isinstance(change, Insert) else change.at[-1]
    new_step = chunk.step(context.spans)
    for source in context.sources:
        span = source.at(change.node)
        if span is None or isinstance(source.nodes[id(change.node)][-1], int) != item:
            continue
        first = chunk.leading(source.lines, span) if with_comments else span.line
        lines = chunk.fit(source.lines[first : span.end], span.column, column, chunk.step(source.spans), new_step)
        apart = with_comments and first > 0 and not source.lines[first - 1].strip()
        return ["", *lines] if apart else lines
    return chunk.fit(chunk.dump(key, change.value, item=item), 0, column, 2, new_step)


def _rescued(context: Context, notes: Sequence[tuple[int, str]], span: Span) -> list[str]:
    """Comments of a person that stand in what goes."""
    inside = Counter(remarks.within(notes, span.line, span.end))
    return list((inside - context.generated).elements())


def _obsolete(context: Context, line: str) -> bool:
    text = line.strip()
    return text.startswith("#") and context.generated[text] > 0 and context.current[text] < context.generated[text]
