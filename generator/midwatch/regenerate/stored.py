"""The tree as it was generated last: the copy in ``.midwatch/base``."""

from __future__ import annotations

from pathlib import Path

from midwatch.errors import RIGHTS, Problem, TargetError
from midwatch.regenerate.files import digest
from midwatch.regenerate.lock import Lock
from midwatch.regenerate.paths import BASE
from midwatch.render.model import File, Tree


def read(folder: Path, lock: Lock) -> Tree:
    """Every file of it. Raises TargetError where the copy is not whole."""
    base: dict[str, File] = {}
    wrong = []
    for path, entry in lock.files.items():
        found = file(folder / BASE / path)
        if found is None or digest(found.data) != entry.sha256:
            wrong.append(Problem("is missing" if found is None else "was changed", file=f"{BASE}/{path}"))
        else:
            base[path] = File(found.data, bool(entry.mode & 0o100))
    if wrong:
        raise TargetError(
            "the copy of what was generated last is not whole", hint=f"restore {BASE}/ from git", problems=wrong
        )
    return base


def file(path: Path) -> File | None:
    """One file as it lies there, None for none. Raises TargetError where it cannot be read."""
    try:
        if not path.is_file():
            return None
        return File(path.read_bytes(), bool(path.stat().st_mode & 0o100))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}", hint=RIGHTS) from error
