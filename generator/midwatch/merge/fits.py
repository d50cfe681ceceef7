"""Whether a value that a person gives can stand where the other ones stood: the same kind, written in the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from midwatch.merge.meaning import DURATION, SIZE
from midwatch.merge.path import Path

_FORMS = {
    "a size": re.compile(r"\d+(\.\d+)?\s*([kmgtpe]i?b?|b)", re.IGNORECASE),
    "a duration": re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|[smhdwy]))+"),
    "a number": re.compile(r"-?\d+(\.\d+)?"),
}
"""What a text can be read as, of those things that programs refuse in another form."""


class UnfitError(ValueError):
    """The value cannot stand there; the message says why."""


def fitting(text: str, value: Any, sides: Sequence[Any], path: Path) -> Any:
    """The value to write for what a person gave as ``text``, which is ``value`` as YAML.

    ``sides`` are the values of the conflict, as far as there are any. Where all of them are texts, so is what was
    given: ``#alerts`` is a channel there, and no comment. Raises UnfitError.
    """
    if not text.strip():
        raise UnfitError("it is empty; to take the key out, edit the file and answer --ours")
    if sides and all(isinstance(side, str) for side in sides) and not isinstance(value, dict | list):
        value = text.strip() if not isinstance(value, str) else value
    if sides and not any(_kind(value) == _kind(side) for side in sides):
        raise UnfitError(f"it is {_kind(value)}, and what stands there is {_kind(sides[0])}")
    numbers = [side for side in sides if _kind(side) == "a number"]
    if numbers and min(numbers) >= 0 and _kind(value) == "a number" and value < 0:
        raise UnfitError(f"it is negative, and what stands there is {numbers[0]}")
    if isinstance(value, str) and (wanted := _forms(sides, path)) and not wanted & _forms([value], ()):
        raise UnfitError(f"what stands there is {' or '.join(sorted(wanted))}, such as {sides[0]}")
    return value


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return "a text"


def _forms(sides: Sequence[Any], path: Path) -> set[str]:
    """What every one of these texts can be read as; empty where they are mere words."""
    texts = [side for side in sides if isinstance(side, str)]
    forms = {form for form, pattern in _FORMS.items() if texts and all(pattern.fullmatch(text) for text in texts)}
    key = str(path[-1]) if path and isinstance(path[-1], str) else ""
    meant = {form for form, keys in (("a size", SIZE), ("a duration", DURATION)) if keys.match(key)}
    return meant & forms or forms
