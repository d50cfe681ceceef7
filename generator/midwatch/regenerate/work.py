"""What one write has to put in place and remove: the project's files, and those in ``.midwatch``. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from midwatch.regenerate import lock as locks
from midwatch.regenerate import undo, unsettled
from midwatch.regenerate.changes import Changes
from midwatch.regenerate.files import Link, fingerprint, link_at, look, there
from midwatch.regenerate.lock import Lock
from midwatch.regenerate.paths import BASE, CONFLICTS, LOCK, REPLACED, STATE, UNDO_RECORD, check_parents
from midwatch.render.model import File, Tree

_IGNORED = (
    b"# Only lock.json, conflicts.yaml and base/ belong into git.\nbusy\njournal.json\nreplaced/\nstaging-*/\nundo/\n"
)


def work(
    folder: Path, tree: Tree, changes: Changes, old: Lock | None, new: Lock, conflicts: tuple[unsettled.Pending, ...]
) -> tuple[Mapping[str, File | Link], tuple[str, ...]]:
    """The files to put in place, in that order, and those to remove. ``compose.yaml`` is the last of the project's:
    what it mounts is there before it."""
    wanted = sorted(changes.files, key=lambda change: (change.path == "compose.yaml", change.path))
    puts: dict[str, File | Link] = {change.path: change.file for change in wanted if change.file is not None}
    for path in changes.of("replaced"):
        here = folder / path
        if there(here):
            copy = link_at(here) if here.is_symlink() else File(here.read_bytes())
            puts[free(folder, f"{REPLACED}/{path}")] = copy
    for path, file in tree.items():
        puts[f"{BASE}/{path}"] = file
    puts[f"{STATE}/.gitignore"] = File(_IGNORED)
    puts[LOCK] = File(locks.dump(new))
    gone = [f"{BASE}/{path}" for path in (old.files if old else ()) if path not in tree]
    if conflicts:
        puts[CONFLICTS] = File(unsettled.dump(conflicts))
    else:
        gone.append(CONFLICTS)
    state = {path: file for path, file in puts.items() if path.startswith(f"{STATE}/") and _differs(folder, path, file)}
    project = {path: file for path, file in puts.items() if not path.startswith(f"{STATE}/")}
    deletes = (*changes.of("deleted"), *(path for path in gone if look(folder / path)))
    return with_undo(folder, project | state, deletes)


def with_undo(
    folder: Path, puts: Mapping[str, File | Link], deletes: tuple[str, ...]
) -> tuple[Mapping[str, File | Link], tuple[str, ...]]:
    """The same, and what lets it be undone; nothing for nothing."""
    if not puts and not deletes:
        return puts, deletes
    return {**puts, UNDO_RECORD: undo.record(folder, puts, deletes)}, deletes


def _differs(folder: Path, path: str, file: File | Link) -> bool:
    check_parents(folder, path)
    found = look(folder / path)
    return (
        found is None
        or found.sha256 != fingerprint(file)
        or (isinstance(file, File) and found.executable != file.executable)
    )


def free(folder: Path, path: str) -> str:
    """The path, or the first ``path.1``, ``path.2`` … that is not taken: an earlier copy is not lost."""
    name, number = path, 0
    while there(folder / name):
        number += 1
        name = f"{path}.{number}"
    return name
