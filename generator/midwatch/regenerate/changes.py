"""What a new tree would change on disk, with every hand edit merged in. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from midwatch.errors import TargetError
from midwatch.regenerate.files import Found, digest, look
from midwatch.regenerate.lock import Entry, Lock
from midwatch.regenerate.paths import BASE, check_parents
from midwatch.regenerate.strangers import look_generated, lost, strange
from midwatch.render.model import File, Tree

if TYPE_CHECKING:
    from midwatch.merge.files import FileConflict

Kind = Literal[
    "created", "updated", "merged", "conflict", "edited", "removed", "replaced", "deleted", "kept", "unchanged"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file. ``file`` is what gets written, None where nothing is.

    ``merged``: a hand edit and what is new, both; ``conflict``: the same, and where they contradict each other the hand
    edit stays; ``edited``: a hand edit that nothing new touches; ``removed``: taken away by hand, and stays away;
    ``replaced``: a hand edit that ``--force`` writes over (a copy is kept); ``kept``: no longer generated, but edited.
    """

    path: str
    kind: Kind
    file: File | None = None
    conflicts: tuple[FileConflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes, sorted by path."""

    files: tuple[Change, ...]

    def of(self, *kinds: Kind) -> tuple[str, ...]:
        """The paths of these kinds."""
        return tuple(change.path for change in self.files if change.kind in kinds)

    @property
    def any(self) -> bool:
        """Whether a file would be written or removed."""
        return any(change.file is not None or change.kind == "deleted" for change in self.files)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Files that are not as they were generated, and stay so."""
        return self.of("merged", "conflict", "edited", "removed", "kept")


def compare(folder: Path, tree: Tree, lock: Lock | None, *, force: bool = False) -> Changes:
    """Hold the tree against what lies in the folder, and merge what was edited by hand.

    Raises TargetError for what no option overrides: a folder in the way, a link on the way to a file, or, where
    midwatch has never generated anything, files of somebody else. Where its own files are there but the lock file is
    lost, ``force`` writes them anew.
    """
    changes: list[Change] = []
    strangers: list[str] = []
    anew = lock is None and force and look_generated(folder, tree)
    for path, file in tree.items():
        check_parents(folder, path)
        found = look(folder / path)
        if lock is None and not anew and found and found.kind in ("file", "link") and found.sha256 != digest(file.data):
            strangers.append(path)
        else:
            changes.append(_one(folder, path, file, found, lock, force=force))
    for path in sorted(set(lock.files if lock else ()) - set(tree)):
        check_parents(folder, path)
        found = look(folder / path)
        if found and lock:
            changes.append(Change(path, "deleted" if found.sha256 == lock.files[path].sha256 else "kept"))
    if strangers:
        raise lost(folder) if look_generated(folder, tree) else strange(folder, strangers)
    return Changes(tuple(sorted(changes, key=lambda change: change.path)))


def _one(folder: Path, path: str, file: File, found: Found | None, lock: Lock | None, *, force: bool) -> Change:
    entry = lock.files.get(path) if lock else None
    if found is None:
        return Change(path, "created", file) if entry is None or force else Change(path, "removed")
    if found.kind in ("folder", "other"):
        what = "a folder" if found.kind == "folder" else "no regular file"
        raise TargetError(f"{path} is {what}, and midwatch has to write a file there", hint="move it away")
    if found.kind == "file" and found.sha256 == digest(file.data):
        return Change(path, "unchanged") if found.executable == file.executable else Change(path, "updated", file)
    if entry is not None and found.sha256 == entry.sha256:
        return Change(path, "updated", file)
    if force:
        return Change(path, "replaced", file)
    if found.kind == "link":
        return _unmerged(path, entry, file, "it is a link now")
    return _merge(folder, path, file, entry)


def _merge(folder: Path, path: str, file: File, entry: Entry | None) -> Change:
    """A file that is not as it was generated."""
    if entry is None:
        return _unmerged(path, entry, file, "there was a file of that name which midwatch did not make")
    if entry.sha256 == digest(file.data):
        return Change(path, "edited")
    base = _base(folder, path, entry)
    if base is None:
        return _unmerged(path, entry, file, f"what was generated last is not in {BASE}, so the two cannot be merged")
    from midwatch.merge.files import merge_file  # Only where something was edited by hand.

    ours = (folder / path).read_bytes()
    merged = merge_file(path, base, ours, file.data)
    written = None if merged.data == ours else File(merged.data, file.executable)
    if merged.conflicts:
        return Change(path, "conflict", written, merged.conflicts)
    return Change(path, "edited" if written is None else "merged", written)


def _unmerged(path: str, entry: Entry | None, file: File, why: str) -> Change:
    """The person's file stays as it is; that what is new did not get in is a conflict."""
    if entry is not None and entry.sha256 == digest(file.data):
        return Change(path, "edited")
    from midwatch.merge.files import ABSENT, FileConflict

    return Change(path, "conflict", None, (FileConflict((), 0, ABSENT, ABSENT, ABSENT, why),))


def _base(folder: Path, path: str, entry: Entry) -> bytes | None:
    """The file as it was generated last; None where that is not there any more, or is something else."""
    check_parents(folder, f"{BASE}/{path}")
    found = look(folder / BASE / path)
    if found is None or found.kind != "file" or found.sha256 != entry.sha256:
        return None
    return (folder / BASE / path).read_bytes()
