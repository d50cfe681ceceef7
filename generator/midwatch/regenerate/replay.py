"""Carries a journal out, forward or back. Every step may be repeated: it can be killed anywhere and run again.

In the staging folder, ``new/`` holds the files to put in place and ``old/`` second names (hard links) of what they
replace.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate.files import look, remove_empty_parents, remove_tree, sync_folder, there
from midwatch.regenerate.journal import JOURNAL, Journal, Step, parse
from midwatch.regenerate.paths import REPLACED, STATE, UNDO_FILES, UNDO_RECORD, check_parents


def forward(folder: Path, journal: Journal) -> None:
    """Put every new file in place and remove what is dropped. Raises OSError."""
    staging = folder / STATE / journal.staging
    sync_folder(folder / STATE)  # The journal itself.
    for step in journal.steps:
        target, new = folder / step.path, staging / "new" / step.path
        if step.after is None:
            target.unlink(missing_ok=True)
            remove_empty_parents(target, folder)
        elif there(new):
            target.parent.mkdir(parents=True, exist_ok=True)
            new.replace(target)
    _sync(folder, journal)


def back(folder: Path, journal: Journal) -> None:
    """Undo what ``forward`` did so far, last step first. Raises OSError."""
    staging = folder / STATE / journal.staging
    for step in reversed(journal.steps):
        target, old = folder / step.path, staging / "old" / step.path
        if step.before is None:
            # Nothing was there: what is there now is ours only if it left the staging folder.
            if not there(staging / "new" / step.path):
                target.unlink(missing_ok=True)
            remove_empty_parents(target, folder)
        elif there(old):
            target.parent.mkdir(parents=True, exist_ok=True)
            old.replace(target)
    _sync(folder, journal)


def _sync(folder: Path, journal: Journal) -> None:
    for parent in sorted({(folder / step.path).parent for step in journal.steps}):
        if parent.is_dir():
            sync_folder(parent)


def carry_out(folder: Path, journal: Journal) -> str:
    """Finish a committed journal: forward, or back where that fails.

    Returns an empty text when the new tree is in place, else why the old one is.
    Raises TargetError when neither works; the journal then stays for the next command.
    """
    staging = folder / STATE / journal.staging
    undone = "" if journal.direction == "forward" else "it was interrupted while it was being undone"
    with _undisturbed():
        try:
            if not undone:
                try:
                    forward(folder, journal)
                except OSError as error:
                    undone = str(error)
                    (staging / "back.json").replace(folder / JOURNAL)
                    sync_folder(folder / STATE)
            if undone:
                back(folder, journal)
        except OSError as error:
            raise TargetError(
                f"the write was interrupted and can be finished neither forward nor back: {error}",
                hint="the project may be a mix of two versions: do not start it; mend the cause and run any midwatch "
                "command here, which finishes the write first",
            ) from error
        # All is in place now. A journal that stays after all is harmless: replaying it changes nothing.
        with suppress(OSError):
            (folder / JOURNAL).unlink()
            sync_folder(folder / STATE)
    if not undone:
        _keep_for_undo(folder, journal)
    remove_tree(staging)
    return undone


def _keep_for_undo(folder: Path, journal: Journal) -> None:
    """What was replaced becomes what ``undo`` puts back. Killed just before this, ``undo`` looks in staging."""
    step = next((step for step in journal.steps if step.path == UNDO_RECORD), None)
    if step is None:
        return
    files, old = folder / UNDO_FILES, folder / STATE / journal.staging / "old"
    remove_tree(files)
    with suppress(OSError):  # Without it the new tree is in place all the same, and ``undo`` says what it misses.
        if step.after is not None and old.exists():
            old.replace(files)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and a polite kill wait until the files are in place: it is a matter of milliseconds."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def finish(folder: Path) -> str:
    """Recover an interrupted write; the caller holds the folder. Returns what was done, empty for nothing.

    Raises TargetError when it cannot be done.
    """
    path = folder / JOURNAL
    try:
        journal = parse(path.read_bytes())
        for step in journal.steps:
            check_parents(folder, step.path)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise TargetError(
            f"{JOURNAL} cannot be used: {error}",
            hint=f"remove {JOURNAL} and run 'midwatch generate --force': it writes every file anew and keeps copies",
        ) from error
    _save_edits(folder, journal)
    undone = carry_out(folder, journal)
    wrong = [step.path for step in journal.steps if not _as_meant(folder, step, bool(undone))]
    if wrong:
        raise TargetError(
            f"an interrupted write could not be recovered: {', '.join(wrong)}",
            hint="run 'midwatch generate --force': it writes every file anew and keeps copies",
        )
    return f"an interrupted write was {'undone' if undone else 'finished'}"


def _as_meant(folder: Path, step: Step, undone: bool) -> bool:
    """Whether the file is there (or gone) as it should be; a later edit is fine, the other version is not."""
    wanted, other = (step.before, step.after) if undone else (step.after, step.before)
    found = look(folder / step.path)
    if found is None or wanted is None:
        return (found is None) == (wanted is None)
    return found.sha256 == wanted or found.sha256 != other


def _save_edits(folder: Path, journal: Journal) -> None:
    """Keep a copy of what somebody edited between the interruption and now, before it is written over."""
    side = "new" if journal.direction == "forward" else "old"
    for step in journal.steps:
        found = look(folder / step.path)
        edited = found and found.kind == "file" and found.sha256 not in (step.before, step.after)
        comes = there(folder / STATE / journal.staging / side / step.path)
        if edited and (comes or step.after is None):
            copy = folder / REPLACED / step.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            (folder / step.path).replace(copy)
