"""The way back: what a write replaces is kept in ``.midwatch/undo`` until the next one.

``undo.json`` names every path that the write changed with its SHA-256 before and after; ``undo/files`` holds the
contents from before. Both are part of the write itself, so that they are there exactly when it happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import Problem, TargetError
from midwatch.regenerate.files import digest, look
from midwatch.regenerate.paths import STATE, UNDO, check_parents, problem_with
from midwatch.render.model import File

RECORD = f"{UNDO}/undo.json"
FILES = f"{UNDO}/files"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Undo:
    """The files to put back and to remove, by path in the project."""

    puts: Mapping[str, File]
    deletes: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The project's own files among them."""
        return tuple(sorted(path for path in (*self.puts, *self.deletes) if not path.startswith(f"{STATE}/")))


def record(folder: Path, puts: Mapping[str, File], deletes: Iterable[str]) -> tuple[dict[str, File], tuple[str, ...]]:
    """What a write has to put and to remove besides, so that it can be undone."""
    entries: dict[str, list[str | bool | None]] = {}
    kept: dict[str, File] = {}
    for path in (*puts, *deletes):
        found = look(folder / path)
        after = digest(puts[path].data) if path in puts else None
        entries[path] = [found.sha256 if found else None, after]
        if found and found.kind == "file":
            kept[f"{FILES}/{path}"] = File((folder / path).read_bytes(), found.executable)
    text = json.dumps({"format": _FORMAT, "files": entries}, indent=1) + "\n"
    stale = tuple(path for path in _files(folder) if path not in kept)
    return {**kept, RECORD: File(text.encode())}, stale


def read(folder: Path) -> Undo:
    """The way back from the last write. Raises TargetError where there is none, or files changed since."""
    try:
        raw = json.loads((folder / RECORD).read_text("utf-8"))
        entries: dict[str, tuple[str | None, str | None]] = {
            path: (before, after) for path, (before, after) in raw["files"].items()
        }
        valid = raw["format"] == _FORMAT and not any(map(problem_with, entries))
    except (FileNotFoundError, NotADirectoryError):
        raise TargetError(
            "there is nothing to undo", hint="the last 'midwatch generate' wrote nothing, or was undone already"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(f"{RECORD} cannot be used: {error}", hint="go back by git instead") from error
    if not valid:
        raise TargetError(f"{RECORD} is damaged", hint="go back by git instead")
    _refuse_later_changes(folder, entries)
    puts: dict[str, File] = {}
    for path, (before, _) in entries.items():
        if before is None:
            continue
        found = look(folder / FILES / path)
        if found is None or found.sha256 != before:
            raise TargetError(f"the copy of {path} in {FILES} is gone", hint="go back by git instead")
        puts[path] = File((folder / FILES / path).read_bytes(), found.executable)
    gone = tuple(path for path, (before, _) in entries.items() if before is None and look(folder / path))
    return Undo(puts, (*gone, RECORD, *_files(folder)))


def _refuse_later_changes(folder: Path, entries: Mapping[str, tuple[str | None, str | None]]) -> None:
    changed = []
    for path, (_, after) in entries.items():
        check_parents(folder, path)
        found = look(folder / path)
        if (found.sha256 if found else None) != after:
            changed.append(Problem("changed since it was generated", file=path))
    if changed:
        raise TargetError(
            "undo would lose what was changed since; nothing was written",
            hint="put these files back first, or go back by git",
            problems=changed,
        )


def _files(folder: Path) -> tuple[str, ...]:
    top = folder / FILES
    return tuple(path.relative_to(folder).as_posix() for path in sorted(top.rglob("*")) if path.is_file())
