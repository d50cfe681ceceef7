"""Surgery: a YAML text is changed to hold an intended value, and nothing else of it. What is not certain is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ruamel.yaml.error import YAMLError

from midwatch.check.document import parse
from midwatch.check.kinds import Kind
from midwatch.merge import blocks, inline, remarks
from midwatch.merge.blocks import Context, Source
from midwatch.merge.build import build
from midwatch.merge.changes import Change, Delete, Insert, Reorder, Set, changes
from midwatch.merge.inline import RefusedError
from midwatch.merge.model import Node, Table, same
from midwatch.merge.model import Sequence as Items
from midwatch.merge.path import At
from midwatch.merge.spans import Span, spans

ROUNDS = 5
"""Changes within lines first, then of whole lines; an anchor that others share may take a round more."""


@dataclass(frozen=True)
class Side:
    """One of the texts of a merge, and its value."""

    text: str
    node: Node

    @cached_property
    def source(self) -> Source:
        """What lines are taken from."""
        return Source(
            self.text.split("\n"), spans(self.text), {id(node): node.at for node in _all(self.node)}, self.node
        )

    @cached_property
    def remarks(self) -> Counter[str]:
        """Its comments."""
        return remarks.counted(self.text)


def _all(node: Node) -> Iterator[Node]:
    yield node
    inner = node.entries.values() if isinstance(node, Table) else node.items if isinstance(node, Items) else ()
    for child in inner:
        yield from _all(child)


def read(text: str, kind: Kind) -> Node | None:
    """The value of a text; None for one that is not a single, unambiguous document."""
    document = parse("", text.encode())
    return None if document.problems else build(kind, document.data)


def edit(text: str, kind: Kind, wanted: Node, base: Side, ours: Side, theirs: Side) -> str:
    """The text with the wanted value; lines are taken from theirs or ours.

    Raises RefusedError where it does not come out as meant, or a comment of a person would be lost.
    """
    result = _edited(text, kind, wanted, base, ours, theirs)
    if (ours.remarks - base.remarks) - remarks.counted(result):
        raise RefusedError("a comment would be lost")
    return result


def _edited(text: str, kind: Kind, wanted: Node, base: Side, ours: Side, theirs: Side) -> str:
    for _ in range(ROUNDS):
        now = ours.node if text == ours.text else read(text, kind)
        if now is None:
            raise RefusedError("the result could not be read")
        if same(now, wanted):
            return text
        try:
            found = spans(text)
        except YAMLError as error:
            raise RefusedError(str(error)) from error
        sources = (theirs.source, ours.source)
        context = Context(text.split("\n"), found, sources, base.remarks, theirs.remarks, _children(found))
        planned = _planned(now, wanted, found)
        within = [change for change in planned if _in_line(change, context)]
        again = (
            inline.apply(text, within, _styles(within, sources)) if within else blocks.apply(context, _apart(planned))
        )
        if again == text:
            break
        text = again
    raise RefusedError("the result is not what was meant")


def _children(found: Mapping[At, Span]) -> Mapping[At, Sequence[Span]]:
    inside: dict[At, list[Span]] = {}
    for at, span in found.items():
        inside.setdefault(at[:-1], []).append(span)
    return inside


def _apart(planned: list[Change]) -> list[Change]:
    """No change inside another one: the outer one has it all."""
    outer = {change.at for change in planned if isinstance(change, Set)}
    return [
        change
        for number, change in enumerate(planned)
        if change not in planned[:number]
        and not any(change.at[:length] in outer for length in range(len(change.at) + isinstance(change, Insert)))
    ]


def _planned(now: Node, wanted: Node, found: Mapping[At, Span]) -> list[Change]:
    """What to do in this round. What an alias or a merge key stands for is left for when nothing else is to be done:
    then the anchor has changed already, and only what differs from it is written out."""

    def sealed(at: At) -> bool:
        return bool(at) and (at not in found or found[at].alias)

    here: list[Change] = []
    elsewhere: list[Change] = []
    for change in changes(now, wanted, sealed):
        if not change.at and isinstance(change, Set):
            raise RefusedError("nothing of it would be left")
        if isinstance(change, Reorder) and not all(found[(*change.at, item)].alone for item in change.order):
            change = Set(change.at, change.value, change.node)
        if isinstance(change, Insert) or not sealed(change.at):
            here.append(change)
        elif change.at in found:
            elsewhere.append(change)
        elif isinstance(change, Set):  # A merge key gives it: written here, it wins.
            elsewhere.append(Insert(change.at[:-1], change.at[-1], None, change.value, change.node))
        else:
            raise RefusedError(f"{'.'.join(map(str, change.at))} comes from a merge key and cannot be taken out here")
    return here or elsewhere


def _in_line(change: Change, context: Context) -> bool:
    if isinstance(change, Reorder):
        return False
    if isinstance(change, Insert):
        siblings = context.inside(change.at)
        return bool(siblings) and siblings[0].flow
    span = context.spans[change.at]
    if isinstance(change, Delete):
        return not span.alone
    if not span.alone:
        return True
    simple = not isinstance(change.value, dict | list) and not (isinstance(change.value, str) and "\n" in change.value)
    return simple and not span.lines


def _styles(planned: Sequence[Change], sources: Sequence[Source]) -> dict[int, str]:
    """How each new scalar is quoted where it comes from."""
    styles: dict[int, str] = {}
    for number, change in enumerate(planned):
        if isinstance(change, Delete | Reorder) or not isinstance(change.value, str):
            continue
        for origin in sources:
            at = origin.nodes.get(id(change.node))
            span = origin.spans.get(at) if at is not None else None
            if span is not None and span.style:
                styles[number] = span.style
                break
    return styles
