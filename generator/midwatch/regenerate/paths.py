"""Which paths may be written at all: inside the project folder, through no link, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from midwatch.errors import BlueprintError, TargetError

STATE = ".midwatch"
LOCK = f"{STATE}/lock.json"
BASE = f"{STATE}/base"
REPLACED = f"{STATE}/replaced"
CONFLICTS = f"{STATE}/conflicts.yaml"
UNDO = f"{STATE}/undo"
UNDO_RECORD, UNDO_FILES = f"{UNDO}/undo.json", f"{UNDO}/files"
SPEC = "stack.yaml"
_MAX_NAME = 255


def problem_with(path: str, *, replaced: bool = False) -> str:
    """Why this relative POSIX path is not safe to write below a folder; empty when it is.

    The spec is the person's: it is never made or removed, only ``replaced`` by another, as ``adopt`` and ``undo`` do.
    """
    if not path:
        return "is empty"
    if any(ord(char) < 32 or ord(char) == 127 for char in path):
        return "holds a control character"
    if "\\" in path:
        return "holds a backslash"
    if path.startswith("/"):
        return "is absolute"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return f"holds '{part}' as a folder"
        if len(part.encode()) > _MAX_NAME:
            return f"holds a name longer than {_MAX_NAME} bytes"
    if (path == SPEC and not replaced) or path.split("/", 1)[0] in (".git", "secrets"):
        return "is not midwatch's to write"
    return ""


def check_tree(paths: Iterable[str]) -> None:
    """Every path of a generated tree is safe, belongs to midwatch, and is not a file and a folder at once.

    Raises BlueprintError: a tree that breaks this comes from a broken blueprint.
    """
    names = set(paths)
    for path in sorted(names):
        reason = problem_with(path)
        if not reason and path.startswith(f"{STATE}/"):
            reason = "is kept for the state of midwatch itself"
        if not reason and any(str(parent) in names for parent in Path(path).parents):
            reason = "lies below another generated file"
        if reason:
            raise BlueprintError(f"the generated tree holds the path {path!r}, which {reason}")


def check_folder(folder: Path) -> None:
    """The target is a folder. Raises TargetError."""
    if folder.is_dir():
        return
    if folder.exists() or folder.is_symlink():
        raise TargetError(f"{folder} is not a folder", hint="name a folder, or move that file away")
    raise TargetError(f"there is no folder {folder}", hint=f"make one with 'midwatch init {folder}'")


def check_parents(folder: Path, path: str) -> None:
    """No folder on the way to the file is a link or a file: a link may lead out of the project. Raises TargetError."""
    current = folder
    for part in path.split("/")[:-1]:
        current = current / part
        if current.is_symlink():
            raise TargetError(
                f"{current.relative_to(folder)} is a link, and {path} would be written through it",
                hint="replace the link by a real folder",
            )
        if current.exists() and not current.is_dir():
            raise TargetError(
                f"{current.relative_to(folder)} is a file, and {path} needs a folder of that name",
                hint="move the file away",
            )
