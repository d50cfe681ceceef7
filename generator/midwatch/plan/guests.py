"""What the user's own services take of the host's budget: the stack gets the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from midwatch.spec.quantity import parse_size


@dataclass(frozen=True, slots=True)
class Guests:
    """Bytes of memory and disk, and cores."""

    memory: int = 0
    cpus: float = 0.0
    disk: int = 0


NOBODY = Guests()


def guests(fragments: Sequence[Mapping[str, Any]], ours: Collection[str]) -> Guests:
    """The limits of services that are not ``ours``, and the sizes that volumes of theirs say in ``x-midwatch``.

    What says no limit, or one that cannot be read, counts nothing here; ``check`` asks for it.
    """
    memory, cpus, disk = 0, 0.0, 0
    for fragment in fragments:
        for name, service in _mapping(fragment.get("services")).items():
            if name not in ours:
                limits = _mapping(_mapping(_mapping(_mapping(service).get("deploy")).get("resources")).get("limits"))
                memory += _size(limits.get("memory", _mapping(service).get("mem_limit")))
                cpus += _number(limits.get("cpus", _mapping(service).get("cpus")))
        for volume in _mapping(fragment.get("volumes")).values():
            disk += _size(_mapping(_mapping(volume).get("x-midwatch")).get("size"))
    return Guests(memory, cpus, disk)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _size(value: Any) -> int:
    try:
        return int(parse_size(value))
    except (ValueError, TypeError):
        return 0


def _number(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (ValueError, TypeError):
        return 0.0
