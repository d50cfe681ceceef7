"""The way back: what a write replaces is kept in ``.midwatch/undo`` until the next one.

``undo.json`` names every path that the write changed with its SHA-256 before and after; it is part of the write.
``undo/files`` holds what was replaced, as it lay there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import Problem, TargetError
from midwatch.regenerate.files import Link, content, fingerprint, link_at, look
from midwatch.regenerate.paths import STATE, UNDO_FILES, UNDO_RECORD, check_parents, problem_with
from midwatch.render.model import File

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Undo:
    """The files to put back and to remove, by path in the project; the spec too, where ``adopt`` changed it."""

    puts: Mapping[str, File | Link]
    deletes: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The project's own files among them."""
        return tuple(sorted(path for path in (*self.puts, *self.deletes) if not path.startswith(f"{STATE}/")))


def record(folder: Path, puts: Mapping[str, File | Link], deletes: Iterable[str]) -> File:
    """The record that lets a write be undone; what it replaces is kept by ``replay``, as it lies there."""
    entries: dict[str, list[str | None]] = {}
    for path in (*puts, *deletes):
        found = look(folder / path)
        entries[path] = [found.sha256 if found else None, fingerprint(puts[path]) if path in puts else None]
    return File((json.dumps({"format": _FORMAT, "files": entries}, indent=1) + "\n").encode())


def read(folder: Path) -> Undo:
    """The way back from the last write. Raises TargetError where there is none, or files changed since."""
    try:
        raw = json.loads(content(folder / UNDO_RECORD))
        entries: dict[str, tuple[str | None, str | None]] = {
            path: (before, after) for path, (before, after) in raw["files"].items()
        }
        wrong = [path for path, both in entries.items() if problem_with(path, replaced=None not in both)]
        valid = raw["format"] == _FORMAT and not wrong
    except (FileNotFoundError, NotADirectoryError):
        raise TargetError(
            "there is nothing to undo",
            hint="nothing was written yet, or the last write was undone already: there is one step, go further by git",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TargetError(f"{UNDO_RECORD} cannot be used: {reason}", hint="go back by git instead") from error
    if not valid:
        raise TargetError(f"{UNDO_RECORD} is damaged", hint="go back by git instead")
    _refuse_later_changes(folder, entries)
    puts: dict[str, File | Link] = {}
    for path, (before, _) in entries.items():
        if before is None:
            continue
        puts[path] = _copy(folder, path, before)
    gone = tuple(path for path, (before, _) in entries.items() if before is None and look(folder / path))
    return Undo(puts, (*gone, UNDO_RECORD))


def _copy(folder: Path, path: str, sha256: str) -> File | Link:
    """The file or link as it was before the write: where it is kept, or where a kill just after the write left it."""
    for kept in (folder / UNDO_FILES, *(staging / "old" for staging in (folder / STATE).glob("staging-*"))):
        found = look(kept / path)
        if found is not None and found.sha256 == sha256:
            if found.kind == "link":
                return link_at(kept / path)
            return File((kept / path).read_bytes(), found.executable)
    raise TargetError(f"the copy of {path} in {UNDO_FILES} is gone", hint="go back by git instead")


def _refuse_later_changes(folder: Path, entries: Mapping[str, tuple[str | None, str | None]]) -> None:
    changed = []
    for path, (_, after) in entries.items():
        check_parents(folder, path)
        found = look(folder / path)
        if (found.sha256 if found else None) != after:
            changed.append(Problem("changed since", file=path))
    if changed:
        raise TargetError(
            "undo would lose what was changed since; nothing was written",
            hint="put these files back first, or go back by git",
            problems=changed,
        )
