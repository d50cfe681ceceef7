"""Long lists, told in short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_FEW = 3
_MANY = 4
"""So many files of one folder are one entry."""


def few(names: Sequence[str], most: int = _FEW) -> str:
    """The first different ones, and how many more there are: ``a, b, c and 2 more``."""
    different = list(dict.fromkeys(names))
    rest = f" and {len(different) - most} more" if len(different) > most else ""
    return ", ".join(different[:most]) + rest


def folded(paths: Iterable[str]) -> list[tuple[str, int]]:
    """Each path and 1; where many are of one folder ``folder/`` and their number: a whole stack is two hundred."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        folder, slash, _ = path.partition("/")
        groups.setdefault(folder + slash, []).append(path)
    return [
        pair
        for folder, group in groups.items()
        for pair in ([(folder, len(group))] if len(group) >= _MANY else [(path, 1) for path in group])
    ]
