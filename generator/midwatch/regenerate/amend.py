"""Changes the person's own files, ``stack.yaml`` and its fragments, at the person's word: all of them or none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate.busy import alone
from midwatch.regenerate.files import PLAIN, write_new
from midwatch.regenerate.paths import REPLACED, SPEC, check_folder, check_parents


def amend(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Put these files in place; what they replace is copied to ``.midwatch/replaced``. Returns the copies' paths.

    The spec comes last: what it names is there before it. Raises TargetError; then the files are as they were.
    """
    check_folder(folder)
    before: dict[str, bytes | None] = {}
    copies: list[str] = []
    try:
        with alone(folder):
            for path in sorted(files, key=lambda path: (path == SPEC, path)):
                check_parents(folder, path)
                place = folder / path
                if place.is_symlink() or (place.exists() and not place.is_file()):
                    raise TargetError(f"{path} is no regular file", hint="replace it by one")
                old = place.read_bytes() if place.exists() else None
                if old == files[path]:
                    continue
                if old is not None:
                    copies.append(_free(folder, f"{REPLACED}/{path}"))
                    write_new(folder / copies[-1], old, PLAIN)
                before[path] = old
                _replace(place, files[path])
    except BaseException as error:
        for path, old in before.items():
            with suppress(OSError):
                _restore(folder / path, old)
        for copy in copies:
            with suppress(OSError):
                (folder / copy).unlink()
        if isinstance(error, OSError):
            raise TargetError(f"cannot write {folder}: {error.strerror}", hint="nothing was changed") from error
        raise
    return tuple(copies)


def _free(folder: Path, path: str) -> str:
    """The first of ``path``, ``path.1``, ``path.2`` … that is not taken: an earlier copy is not lost."""
    taken = (f"{path}.{number}" if number else path for number in range(100_000))
    return next(name for name in taken if not (folder / name).exists())


def _replace(place: Path, data: bytes) -> None:
    mode = place.stat().st_mode & 0o777 if place.exists() else PLAIN
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        write_new(temporary, data, mode)
        temporary.replace(place)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _restore(place: Path, old: bytes | None) -> None:
    if old is None:
        place.unlink(missing_ok=True)
        with suppress(OSError):
            os.rmdir(place.parent)  # noqa: PTH106 (only where it is empty)
    else:
        _replace(place, old)
