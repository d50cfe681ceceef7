"""Two expressions that differ in one number: the threshold, most of the time."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![\w.\"'=~])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.\"'])")
_COMPARED = re.compile(r"(?:[<>]=?|[=!]=)\s*(?:bool\s+)?$")


def number(before: str, after: str) -> tuple[str, str] | None:
    """The number before and after, where the expressions differ in it alone, as often as it stands there."""
    old, new = _NUMBER.findall(before), _NUMBER.findall(after)
    if _NUMBER.sub("0", before) != _NUMBER.sub("0", after) or len(old) != len(new):
        return None
    pairs = {(one, other) for one, other in zip(old, new, strict=True) if one != other}
    return pairs.pop() if len(pairs) == 1 else None


def threshold(before: str, after: str) -> tuple[str, str] | None:
    """The same where the number is what something is compared with."""
    found = number(before, after)
    if found is None:
        return None
    changed = [match for match in _NUMBER.finditer(after) if match[0] == found[1]]
    return found if any(_COMPARED.search(after[: match.start()]) for match in changed) else None
