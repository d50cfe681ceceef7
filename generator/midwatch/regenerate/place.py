"""Lays out a new project: writes files that are not there yet, all or none, and never over somebody's file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from midwatch.errors import Problem, TargetError
from midwatch.regenerate.files import digest, look, remove_empty_parents, write_new
from midwatch.regenerate.paths import LOCK, SPEC, check_parents

_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def check_new(folder: Path) -> None:
    """A new project may be laid out there. Raises TargetError with what stands against it."""
    if folder.exists() and not folder.is_dir():
        raise TargetError(f"{folder} is not a folder", hint="name a folder")
    where = folder.resolve()
    if where in (Path(where.anchor), Path.home()):
        raise TargetError(f"{where} is no place for a project", hint="name a folder of its own")
    if (folder / SPEC).exists() and (folder / LOCK).exists():
        raise TargetError(f"{folder} is a midwatch project already", hint=f"edit {SPEC} and run 'midwatch generate'")
    for name in _COMPOSE:
        if (folder / name).exists():
            raise TargetError(f"{folder} holds somebody's {name}", hint="use an empty folder, or move that file away")


def place(folder: Path, files: Mapping[str, bytes], *, skip_existing: bool = False) -> tuple[str, ...]:
    """Write the files; returns the paths that were written. A file that is there with the same content is fine.

    Raises TargetError naming every file in the way (unless they are to be skipped; never the spec), and when the disk
    refuses; then nothing is left behind.
    """
    wanted = {path: data for path, data in files.items() if not _same(folder, path, data)}
    taken = [path for path in wanted if look(folder / path)]
    if taken and (SPEC in taken or not skip_existing):
        raise TargetError(
            f"{len(taken)} of the new files would overwrite one that is there",
            hint="use an empty folder, move them away, or keep yours with --skip-existing",
            problems=[Problem("is there already", file=path) for path in taken],
        )
    written: list[str] = []
    new_folder = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The spec comes last: only a folder that is complete looks like a project.
        for path in sorted(set(wanted) - set(taken), key=lambda path: (path == SPEC, path)):
            check_parents(folder, path)
            written.append(path)
            write_new(folder / path, wanted[path], 0o644)
    except BaseException as error:
        for path in written:
            with suppress(OSError):
                (folder / path).unlink(missing_ok=True)
            remove_empty_parents(folder / path, folder)
        if new_folder:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise TargetError(f"cannot write {folder}: {error.strerror}", hint="nothing was left behind") from error
        raise
    return tuple(written)


def _same(folder: Path, path: str, data: bytes) -> bool:
    found = look(folder / path)
    return found is not None and found.sha256 == digest(data)
