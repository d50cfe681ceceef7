"""A difference, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.kinds import Kind
from midwatch.merge.model import Node
from midwatch.merge.path import Item, Path


class _Absent(StrEnum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""Stands where one side has no such value; ``None`` is YAML's null."""


class Origin(StrEnum):
    """Who made the difference."""

    HAND = "hand"
    """Only the file on disk differs from what was generated."""
    SPEC = "spec"
    """Only what would be generated now differs: it arrives with the next ``generate``."""
    BOTH = "both"
    """The file on disk already says what would be generated now."""
    CONFLICT = "conflict"
    """Both differ, and not in the same way."""
    OTHER = "other"
    """Between two stacks that are not versions of each other."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. ``before``, ``after`` and ``wanted`` are plain data or ABSENT; an empty ``path`` means
    the whole file.

    For a hand edit ``before`` is what was generated, ``after`` what is on disk; for a pending change ``after`` is what
    will be generated; for a conflict ``after`` is on disk and ``wanted`` will be generated. ``where`` is its place in
    the file on disk, or, when it is gone, that of what held it.
    """

    file: str
    kind: Kind
    path: Path
    before: Any
    after: Any
    origin: Origin
    where: Position
    wanted: Any = ABSENT
    old: Node | None = field(default=None, repr=False, compare=False)
    """The value before as the merge sees it."""
    new: Node | None = field(default=None, repr=False, compare=False)
    lines: tuple[int, int] | None = None
    """For files without structure: number of lines removed and added."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The path for people: keys, and for an item of a list what identifies it."""
        return tuple(step.key if isinstance(step, Item) else str(step) for step in self.path)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to the stack's safety: a finding of `check` that it opens, or (``closes``) settles."""

    finding: Finding
    closes: bool = False

    @property
    def blocker(self) -> Blocker:
        """The line of the 3 a.m. review."""
        return self.finding.blocker

    @property
    def line(self) -> str:
        """That line for a sentence: ``blocker 3``, ``warning 1``, ``strength 2`` or ``hardening``."""
        return self.blocker.line.lower()


@dataclass(frozen=True, slots=True)
class Explained:
    """A change with its sentence and its effects."""

    change: Change
    sentence: str
    effects: tuple[Effect, ...] = ()

    @property
    def grave(self) -> bool:
        """Whether a person re-opened something that keeps the stack out of production."""
        by_hand = self.change.origin in (Origin.HAND, Origin.BOTH, Origin.CONFLICT)
        return by_hand and any(effect.finding.severity == "error" and not effect.closes for effect in self.effects)


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs, by file. ``together`` holds effects that no single change explains."""

    changes: tuple[Explained, ...]
    together: tuple[Effect, ...] = ()
    labels: Mapping[str, str] | None = None
    """For two stacks: what each side is called."""

    def of(self, *origins: Origin) -> tuple[Explained, ...]:
        """The changes of these origins, in order."""
        return tuple(one for one in self.changes if one.change.origin in origins)

    @property
    def grave(self) -> bool:
        """Whether a hand edit re-opened something; in two stacks that are not versions of each other there is none."""
        by_hand = any(one.change.origin not in (Origin.SPEC, Origin.OTHER) for one in self.changes)
        together = any(effect.finding.severity == "error" and not effect.closes for effect in self.together)
        return any(one.grave for one in self.changes) or (by_hand and together)
