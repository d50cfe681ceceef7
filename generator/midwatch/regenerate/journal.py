"""The journal: what a write is about to do, on disk before the first file of the project changes.

Renaming it to ``.midwatch/journal.json`` is the commit point. While that file exists the project may be a mix; whoever
finds it finishes the write forward (or back, once ``direction`` says so) by ``midwatch.regenerate.replay``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from midwatch.regenerate.paths import STATE, problem_with

JOURNAL = f"{STATE}/journal.json"
_FORMAT = 1
_STAGING = re.compile(r"staging-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Step:
    """One file: its SHA-256 before (None: absent) and after (None: to be removed)."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """All steps, in the order in which they are taken. ``staging`` is a folder in ``.midwatch``."""

    staging: str
    direction: Literal["forward", "back"]
    steps: tuple[Step, ...]

    def back(self) -> Self:
        """The same, to be undone."""
        return replace(self, direction="back")

    def dump(self) -> bytes:
        """The journal as it is written."""
        steps = [[step.path, step.before, step.after] for step in self.steps]
        raw = {"format": _FORMAT, "staging": self.staging, "direction": self.direction, "steps": steps}
        return (json.dumps(raw, indent=1) + "\n").encode()


def parse(data: bytes) -> Journal:
    """Read a journal. Raises ValueError for a damaged one, and for paths that lead out of the project."""
    try:
        raw = json.loads(data.decode())
        steps = tuple(Step(path, before, after) for path, before, after in raw["steps"])
        journal = Journal(raw["staging"], raw["direction"], steps)
        valid = (
            raw["format"] == _FORMAT
            and journal.direction in ("forward", "back")
            and _STAGING.fullmatch(journal.staging)
            and not any(problem_with(step.path, replaced=None not in (step.before, step.after)) for step in steps)
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the journal is damaged") from error
    if not valid:
        raise ValueError("the journal is damaged")
    return journal


def pending(folder: Path) -> bool:
    """Whether a write was interrupted after its commit point: the project may be a mix until it is recovered."""
    return (folder / JOURNAL).is_file()
