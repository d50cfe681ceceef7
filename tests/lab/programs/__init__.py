"""The real programs that the stack runs and that `midwatch check` asks: obtained here, kept in the lab's cache."""

from __future__ import annotations

from tests.lab.cache import LabError
from tests.lab.programs.catalogue import PROGRAMS
from tests.lab.programs.model import Program, Ready, ensure

__all__ = ["PROGRAMS", "Program", "Ready", "ensure", "ensure_programs", "get"]


def get(name: str) -> Ready:
    """One program, made if need be."""
    if name not in PROGRAMS:
        raise LabError(f"there is no program '{name}'; the lab knows: {', '.join(PROGRAMS)}")
    return ensure(PROGRAMS[name])


def ensure_programs(names: list[str] | None = None) -> dict[str, Ready | LabError]:
    """Some or all programs. One that fails does not keep the others from being made."""
    found: dict[str, Ready | LabError] = {}
    for name in names or list(PROGRAMS):
        try:
            found[name] = get(name)
        except LabError as error:
            found[name] = error
    return found
