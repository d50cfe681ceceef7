"""Changes within a line: scalars, and everything inside a flow collection. The only place that edits by yaml-edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from yaml_edit import Document, Mapping, ScalarValue, YamlError
from yaml_edit import Sequence as Items

from midwatch.merge.changes import FRONT, Change, Delete, Insert, Reorder, Set
from midwatch.merge.path import At

_PLAIN = re.compile(r"[\w/.][\w./@+=%-]*(?:[ :][\w./@+=%-]+)*")
_NUMBER = re.compile(r"(?i)[-+.]?\d[\d_.,:-]*(?:e[-+]?\d+)?|0[xob][\da-f_]+")
"""What YAML 1.1 or 1.2 might take for a number, a time or a date."""
_WORD = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf|\.inf|\.nan")


class RefusedError(Exception):
    """This change cannot be made in this text."""


def apply(text: str, changes: Sequence[Change], style: dict[int, str]) -> str:
    """The text with these changes; ``style`` says how a scalar is quoted where it comes from, by number of the change.

    Raises RefusedError.
    """
    try:
        document = Document.parse(text)
        kept: list[tuple[str, Any]] = []
        for number, change in _in_turn(changes):
            _one(document, change, style.get(number, ""), kept)
        result = str(document)
    except (YamlError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise RefusedError(str(error)) from error
    for mark, value in kept:
        result = result.replace(mark, json.dumps(value, ensure_ascii=False), 1)
    return result


def _in_turn(changes: Sequence[Change]) -> Iterator[tuple[int, Change]]:
    """The changes with their numbers, so that no index has moved when it is used: values first, which move nothing,
    then what comes in, then what goes; each from the inside out and from the end to the front. What goes has moved on
    by what came in before it."""
    came = [change for change in changes if isinstance(change, Insert) and change.key is None]

    def moved(at: At) -> At:
        before = (sum(_place(one) <= step for one in came if one.at == at[:depth]) for depth, step in enumerate(at))
        return tuple(step + count if count else step for step, count in zip(at, before, strict=True))

    numbered = list(enumerate(changes))
    yield from (pair for pair in numbered if not isinstance(pair[1], Insert | Delete))
    inserts = [(number, change) for number, change in numbered if isinstance(change, Insert)]
    yield from sorted(inserts, key=lambda pair: (len(pair[1].at), _place(pair[1]), pair[0]), reverse=True)
    deletes = [(number, change) for number, change in numbered if isinstance(change, Delete)]
    deletes.sort(key=lambda pair: (len(pair[1].at), _index(pair[1].at[-1])), reverse=True)
    yield from ((number, Delete(moved(change.at))) for number, change in deletes)


def _place(change: Insert) -> int:
    """The index that a new item of a list will have; 0 for a key of a mapping."""
    return 0 if change.key is not None or change.after is FRONT else change.after + 1


def _index(step: Any) -> int:
    return step if isinstance(step, int) else 0


def _one(document: Document, change: Change, style: str, kept: list[tuple[str, Any]]) -> None:
    holder = _container(document, change.at if isinstance(change, Insert) else change.at[:-1])
    if isinstance(change, Delete):
        del holder[change.at[-1]]
        return
    if isinstance(change, Reorder):
        raise RefusedError("items of one line are written anew, not moved")
    value = _scalar(change.value, style, kept)
    if isinstance(change, Set):
        holder[change.at[-1]] = value
    elif isinstance(holder, Items):
        holder.insert(0 if change.after is FRONT else change.after + 1, value)
    elif change.after is None:
        holder[change.key] = value
    elif change.after is FRONT:
        holder.insert_before(holder.keys()[0], change.key, value)
    else:
        holder.insert_after(change.after, change.key, value)


def _container(document: Document, at: At) -> Any:
    current: Any = document.as_mapping() or document.as_sequence()
    for key in at:
        node = current[key]
        current = node.as_mapping()
        if current is None:
            current = node.as_sequence()
    if not isinstance(current, Mapping | Items):
        raise RefusedError(f"there is no collection at {at}")
    return current


def _scalar(value: Any, style: str, kept: list[tuple[str, Any]]) -> Any:
    if isinstance(value, dict | list):
        mark = f"midwatch-mark-{len(kept)}-"
        kept.append((mark, value))
        return ScalarValue(mark)
    if not isinstance(value, str):
        return value
    if style in ("'", '"'):
        return ScalarValue(value, "single-quoted" if style == "'" and "\n" not in value else "double-quoted")
    if style == "plain" or (_PLAIN.fullmatch(value) and not _WORD.fullmatch(value) and not _NUMBER.fullmatch(value)):
        return ScalarValue(value, "plain")
    return ScalarValue(value, "double-quoted")
