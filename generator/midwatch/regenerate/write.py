"""The only module that writes a tree to disk: the old tree or the new one, never a mix.

1. The files that change are written to ``.midwatch/staging-<random>/new`` and brought to the disk; what they replace
   gets a second name in ``old``. Until here a failure or a kill leaves the project as it was.
2. The journal is renamed to ``.midwatch/journal.json``: the commit point.
3. Each file is renamed into its place (``replay``). A failure is rolled back; a kill is rolled forward by the next
   command.

docs/explanation/writing.md tells why it is not one rename of a folder or a link.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import RIGHTS, TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate import undo, unsettled
from midwatch.regenerate.busy import alone
from midwatch.regenerate.changes import Changes, compare
from midwatch.regenerate.files import (
    Link,
    fingerprint,
    keep,
    look,
    mode_of,
    remove_tree,
    sync_files,
    sync_folder,
    write_new,
)
from midwatch.regenerate.journal import JOURNAL, Journal, Step, pending
from midwatch.regenerate.paths import SPEC, STATE, check_folder, check_tree
from midwatch.regenerate.replay import carry_out, finish
from midwatch.regenerate.standing import standing
from midwatch.regenerate.work import with_undo, work
from midwatch.render.model import File, Tree


@dataclass(frozen=True, slots=True)
class Result:
    """What a write did, or would do, and what is unsettled after it.

    ``recovered`` tells of an earlier write that had to be finished first.
    """

    changes: Changes
    conflicts: tuple[unsettled.Pending, ...] = ()
    recovered: str = ""


def recover(folder: Path) -> str:
    """Finish a write that was interrupted in this folder; returns what was done, empty for nothing.

    Touches nothing where nothing was interrupted. Raises TargetError.
    """
    if not pending(folder):
        return ""
    with _plainly("recover", folder), alone(folder):
        return finish(folder)


def preview(folder: Path, tree: Tree, *, force: bool = False) -> Result:
    """What ``write`` would do. Writes nothing. Raises TargetError."""
    check_folder(folder)
    check_tree(tree)
    if pending(folder):
        raise TargetError(
            "an interrupted write has to be finished first", hint="run 'midwatch generate' without --dry-run"
        )
    with _plainly("read", folder):
        changes = compare(folder, tree, locks.read(folder), force=force)
        return Result(changes, _unsettled(folder, tree, changes, force=force))


def write(folder: Path, tree: Tree, *, version: str, spec_sha256: str, force: bool = False) -> Result:
    """Make the folder hold this tree; what is up to date is not touched, not even its times.

    Hand edits are merged in; with ``force`` they are written over. Raises TargetError when the folder cannot or must
    not be written; then the old tree is still there, whole.
    """
    check_folder(folder)
    check_tree(tree)
    with _plainly("write", folder):
        if not (folder / STATE).exists():
            compare(folder, tree, None, force=force)  # Refuse somebody else's folder before anything is made in it.
        with alone(folder):
            recovered = finish(folder)
            for leftover in (folder / STATE).glob("staging-*"):
                remove_tree(leftover)
            old = locks.read(folder)
            changes = compare(folder, tree, old, force=force)
            conflicts = _unsettled(folder, tree, changes, force=force)
            new = locks.of(tree, version=version, spec_sha256=spec_sha256)
            _commit(folder, *work(folder, tree, changes, old, new, conflicts))
    return Result(changes, conflicts, recovered)


def put(folder: Path, puts: Mapping[str, File], deletes: tuple[str, ...] = ()) -> None:
    """Write and remove single files of a project, all or nothing, in a way that can be undone. Raises TargetError."""
    with _plainly("write", folder), alone(folder):
        finish(folder)
        _commit(folder, *with_undo(folder, puts, deletes))


def take_back(folder: Path) -> undo.Undo:
    """Undo the last write; returns what was put back. Raises TargetError when files changed since."""
    check_folder(folder)
    with _plainly("write", folder), alone(folder):
        finish(folder)
        back = undo.read(folder)
        _commit(folder, back.puts, back.deletes)
    return back


_AGREED = ("deleted", "kept", "removed", "unchanged")
"""Kinds of changes that leave no conflict in a file."""


def _unsettled(folder: Path, tree: Tree, changes: Changes, *, force: bool) -> tuple[unsettled.Pending, ...]:
    """The conflicts from before that still stand, and the new ones."""
    if force:
        return ()
    there = {change.path: change.file for change in changes.files if change.kind not in _AGREED}

    def ours(path: str) -> bytes | None:
        written = there[path]
        return written.data if written else (folder / path).read_bytes()

    listed = [one for one in unsettled.read(folder) if one.file in there]
    old = standing(listed, ours, lambda path: tree[path].data)
    new = [unsettled.pending_of(change.path, one) for change in changes.files for one in change.conflicts]
    return unsettled.together(old, new)


def _commit(folder: Path, puts: Mapping[str, File | Link], deletes: tuple[str, ...]) -> None:
    if not puts and not deletes:
        return
    name = f"staging-{secrets.token_hex(8)}"
    staging = folder / STATE / name
    try:
        journal = Journal(name, "forward", tuple(_stage(folder, staging, puts, deletes)))
        sync_files([staging / "new" / path for path, file in puts.items() if isinstance(file, File)])
        write_new(staging / "back.json", journal.back().dump(), 0o644)
        write_new(staging / "journal.json", journal.dump(), 0o644)
        for made in sorted(path for path in staging.rglob("*") if path.is_dir()):
            sync_folder(made)
        sync_folder(staging)
        sync_folder(folder / STATE)
        (staging / "journal.json").replace(folder / JOURNAL)
    except BaseException:
        # Also on Ctrl-C. If the rename did happen, the journal needs its staging folder.
        if not pending(folder):
            remove_tree(staging)
        raise
    undone = carry_out(folder, journal)
    if undone:
        raise TargetError(f"the files could not be put in place: {undone}", hint="nothing was changed")


def _stage(folder: Path, staging: Path, puts: Mapping[str, File | Link], deletes: tuple[str, ...]) -> Iterator[Step]:
    for path, file in puts.items():
        new = staging / "new" / path
        if isinstance(file, Link):
            new.parent.mkdir(parents=True, exist_ok=True)
            new.symlink_to(file.target)
        else:
            write_new(new, file.data, _mode(folder, path, file), sync=False)
        yield Step(path, _second_name(folder, staging, path), fingerprint(file))
    for path in deletes:
        yield Step(path, _second_name(folder, staging, path), None)


def _mode(folder: Path, path: str, file: File) -> int:
    """A generated file has one of two modes, less the writing that a person took away; their spec keeps its own."""
    here = folder / path
    if here.is_symlink() or not here.exists():
        return mode_of(file.executable)
    was = here.stat().st_mode & 0o777
    return was if path == SPEC else mode_of(file.executable) & (0o777 if was & 0o200 else ~0o222)


def _second_name(folder: Path, staging: Path, path: str) -> str | None:
    found = look(folder / path)
    if found is None:
        return None
    keep(folder / path, staging / "old" / path)
    return found.sha256


_PLAIN = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}


@contextmanager
def _plainly(verb: str, folder: Path) -> Iterator[None]:
    """Say in a person's words what the file system refused."""
    try:
        yield
    except OSError as error:
        what = _PLAIN.get(error.errno or 0, error.strerror or str(error))
        where = f"{what}: {error.filename}" if error.filename else f"cannot {verb} {folder.absolute()}: {what}"
        hint = f"nothing was changed; {RIGHTS}" if isinstance(error, PermissionError) else "nothing was changed"
        raise TargetError(where, hint=hint) from error
