"""The three versions of a generated project: as it was generated last, as it is on disk, as it would be generated now.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate import stored
from midwatch.regenerate.strangers import look_generated, lost
from midwatch.render.model import File, Tree


@dataclass(frozen=True, slots=True)
class Versions:
    """``base``, ``ours`` and ``theirs`` by path; a path that is missing in one is not there in that version.

    ``odd`` are paths where something lies on disk that is no regular file.
    """

    folder: Path
    base: Tree
    ours: Tree
    theirs: Tree
    odd: frozenset[str] = frozenset()

    def differing(self) -> Iterator[str]:
        """Paths that are not the same in all three versions, in order."""
        for path in sorted({*self.base, *self.theirs}):
            sides = {(side.data, side.executable) if side else None
                     for side in (self.base.get(path), self.ours.get(path), self.theirs.get(path))}  # fmt: skip
            if len(sides) > 1 or path in self.odd:
                yield path


def read(folder: Path, theirs: Tree) -> Versions:
    """The versions of a project folder. Raises TargetError where nothing was generated yet, or the copy of it is not
    whole."""
    lock = locks.read(folder)
    if lock is None and look_generated(folder, theirs):
        raise lost(folder)
    if lock is None:
        raise TargetError(
            f"nothing was generated in {folder.absolute()} yet",
            hint="run 'midwatch generate' first, or compare any two stacks: midwatch diff DIR_A DIR_B",
        )
    base = stored.read(folder, lock)
    ours: dict[str, File] = {}
    odd = set()
    for path in {*base, *theirs}:
        place = folder / path
        if place.is_symlink() or (place.exists() and not place.is_file()):
            odd.add(path)
        elif found := stored.file(place):
            ours[path] = found
    return Versions(folder, base, ours, theirs, frozenset(odd))
