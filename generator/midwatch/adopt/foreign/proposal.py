"""What is proposed: values of the spec, each with the place that it was read from, and what was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from midwatch.check.finding import Position


@dataclass(frozen=True, slots=True)
class Taken:
    """One value of the spec. ``key`` is its path there, ``why`` says what it was read from, in a few words."""

    key: tuple[str, ...]
    value: Any
    why: str
    at: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that the spec does not take over, and what becomes of it."""

    what: str
    why: str
    at: Position = field(default_factory=Position)


Found = Taken | Left


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed spec as plain data (a mapping), with ``taken`` in the order of the spec's keys."""

    spec: Mapping[str, Any]
    taken: tuple[Taken, ...]
    left: tuple[Left, ...]

    def reason(self, *key: str) -> str:
        """Why a key has its value; empty where nothing was read for it."""
        return next((found.why for found in self.taken if found.key == key), "")


def nested(taken: Sequence[Taken]) -> dict[str, Any]:
    """The values as one mapping; of two values of one key the first counts."""
    spec: dict[str, Any] = {}
    for found in taken:
        here = spec
        for step in found.key[:-1]:
            here = here.setdefault(step, {})
        here.setdefault(found.key[-1], found.value)
    return spec


def split(found: Iterator[Found]) -> tuple[list[Taken], list[Left]]:
    """Both kinds, each in the order in which they were found."""
    taken: list[Taken] = []
    left: list[Left] = []
    for one in found:
        if isinstance(one, Taken):
            taken.append(one)
        else:
            left.append(one)
    return taken, left
