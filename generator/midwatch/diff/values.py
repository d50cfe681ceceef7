"""Values for people: short, on one line, with units, and never a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from midwatch import hiding
from midwatch.check.units import docker_size
from midwatch.diff.model import ABSENT
from midwatch.spec.quantity import format_size, readable_size

_LONGEST = 60
_AROUND = 12
"""Characters before and after the part in which two long texts differ."""
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-][A-Za-z0-9_./:@+=#%-]*")


def shown(value: Any, *, size: bool = False, name: str = "") -> str:
    """The value on one line. ``size`` reads it as Docker reads sizes; ``name`` is its key, which may tell a secret."""
    return short(whole(value, size=size, name=name))


def whole(value: Any, *, size: bool = False, name: str = "") -> str:
    """The same in full length."""
    if value is ABSENT:
        return "nothing"
    if size and (number := docker_size(value)) is not None:
        return readable_size(number)
    return _flow(hiding.value(value, name))


def exact_size(value: Any) -> str:
    """A size to the byte; empty for what is none."""
    number = docker_size(value)
    return "" if number is None else format_size(number)


def short(text: str) -> str:
    """At most some sixty characters, the middle left out."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 15]} … {text[-10:]}"


def apart(texts: Sequence[str]) -> list[str]:
    """Texts as they are shown side by side: of long ones the part in which they differ."""
    if all(len(text) <= _LONGEST for text in texts):
        return list(texts)
    shortest = min(map(len, texts))
    head = _common(texts)
    tail = min(_common([text[::-1] for text in texts]), shortest - head)
    first = max(head - _AROUND, 0)
    result = []
    for text in texts:
        end = len(text) - max(tail - _AROUND, 0)
        result.append(short(("… " if first else "") + text[first:end].strip() + (" …" if end < len(text) else "")))
    return result


def _common(texts: Sequence[str]) -> int:
    """How many characters all of them begin with."""
    columns = zip(*texts, strict=False)
    return next((index for index, column in enumerate(columns) if len(set(column)) > 1), min(map(len, texts)))


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{key}: {shown(item, name=str(key))}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if value is None:
        return "(empty)"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text.replace(hiding.HIDDEN, "hidden")) else json.dumps(text, ensure_ascii=False)
