"""What the user's own fragments say of the host's budget: their services take a part, and the stack gets the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from midwatch.spec.quantity import parse_size


@dataclass(frozen=True, slots=True)
class Guests:
    """Bytes of memory and cores of services, of the user's own and of generated ones, and bytes of volumes, by name."""

    memory: Mapping[str, float] = field(default_factory=dict)
    cpus: Mapping[str, float] = field(default_factory=dict)
    disk: Mapping[str, float] = field(default_factory=dict)


NOBODY = Guests()


def guests(fragments: Sequence[Mapping[str, Any]]) -> Guests:
    """The limits of services, and the sizes that volumes say in ``x-midwatch``; the last fragment counts.

    What says no limit, or one that cannot be read, counts nothing here; ``check`` asks for it.
    """
    memory: dict[str, float] = {}
    cpus: dict[str, float] = {}
    disk: dict[str, float] = {}
    for fragment in fragments:
        for name, service in _mapping(fragment.get("services")).items():
            limits = _mapping(_mapping(_mapping(_mapping(service).get("deploy")).get("resources")).get("limits"))
            memory[name] = _size(limits.get("memory", _mapping(service).get("mem_limit"))) or memory.get(name, 0)
            cpus[name] = _number(limits.get("cpus", _mapping(service).get("cpus"))) or cpus.get(name, 0)
        for name, volume in _mapping(fragment.get("volumes")).items():
            disk[name] = _size(_mapping(_mapping(volume).get("x-midwatch")).get("size")) or disk.get(name, 0)
    return Guests(*({name: amount for name, amount in found.items() if amount} for found in (memory, cpus, disk)))


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
