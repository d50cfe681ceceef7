"""Makes the best of a spec with errors, so that what the keys say about one another can be checked in the same run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from midwatch.spec import shape as shapes
from midwatch.spec.finding import Finding
from midwatch.spec.paths import Path


def repair(data: Any, wrong: Iterable[Path]) -> set[Path]:
    """Takes what is wrong out of ``data`` (in place) and fills in what is required; returns the paths that nobody may
    rely on.

    A wrong entry of a list takes the whole list with it: the places of the others would shift.
    """
    untrue: set[Path] = set()
    for path in wrong:
        while path and isinstance(path[-1], int):
            path = path[:-1]  # climbs to the key that holds the list
        untrue.add(path)
        _take_out(data, path)
    return untrue


def _take_out(data: Any, path: Path) -> None:
    """Removes one value. A group that is missing on the way is made if it is required: a required key goes into it."""
    parent = data
    for end, step in enumerate(path[:-1], start=1):
        if isinstance(parent, dict):
            if not isinstance(parent.get(str(step)), dict | list):
                if not _is_required(path[:end]):
                    return
                parent[str(step)] = {}
        elif not (isinstance(parent, list) and isinstance(step, int) and step < len(parent)):
            return
        parent = parent[step]
    if not path or not isinstance(parent, dict):
        return
    parent.pop(str(path[-1]), None)
    if _is_required(path):
        parent[str(path[-1])] = _example(path)


def _is_required(path: Path) -> bool:
    group = shapes.at(path[:-1])
    found = (group.keys or {}).get(str(path[-1])) if group else None
    return found is not None and found.required


def _example(path: Path) -> Any:
    found = shapes.at(path)
    if found is None or found.keys is None:
        return found.examples[0] if found and found.examples else None
    return {key: _example((*path, key)) for key, inner in found.keys.items() if inner.required}


def reliable(found: Iterable[Finding], untrue: set[Path]) -> list[Finding]:
    """Those findings of which neither the path nor one of those they use lies at or below a place that nobody may
    rely on."""

    def relies(one: Finding) -> bool:
        return any(path[:end] in untrue for path in (one.path, *one.uses) for end in range(len(path) + 1))

    return [one for one in found if not relies(one)]
