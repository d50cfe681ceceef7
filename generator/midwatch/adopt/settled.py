"""Which conflicts are settled once hand edits are in the spec, which then says what the person did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from midwatch.adopt.adoption import Adoption
from midwatch.diff.model import Explained
from midwatch.regenerate.unsettled import Pending


def settled(adoption: Adoption, conflicts: Iterable[Pending]) -> tuple[Pending, ...]:
    """The conflicts in whose place an edit is adopted, and none stays a hand edit."""
    adopted = [one.edit for one in adoption.adopted]
    kept = [one.edit for one in adoption.kept]
    return tuple(one for one in conflicts if _in_its_place(one, adopted) and not _in_its_place(one, kept))


def _in_its_place(conflict: Pending, edits: Sequence[Explained]) -> bool:
    """Whether one of the edits is at the conflict's place, below it or around it."""
    return any(
        edit.change.file == conflict.file
        and bool(edit.change.path) == bool(conflict.path)
        and all(one == other for one, other in zip(edit.change.path, conflict.path, strict=False))
        for edit in edits
    )
