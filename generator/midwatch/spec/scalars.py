"""What a word without quotes is, by the core schema of YAML 1.2: ``no`` and ``on`` are text, ``0o17`` is a number."""

from __future__ import annotations

import re

_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = frozenset([".inf", ".Inf", ".INF"])
_NOT_A_NUMBER = frozenset([".nan", ".NaN", ".NAN"])
# Python refuses to read thousands of digits, and no number of a spec is anywhere near; it stays text, and is
# reported as such.
_LONGEST_NUMBER = 60


def resolve(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    if text.lstrip("+-") in _INFINITE and len(text) <= 5:
        return float("-inf" if text[0] == "-" else "inf")
    return float("nan") if text in _NOT_A_NUMBER else text
