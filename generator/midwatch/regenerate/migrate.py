"""Brings a project that an older midwatch wrote up to date: its spec. The lock file is migrated as it is read."""

from __future__ import annotations

import os
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate.files import keep
from midwatch.regenerate.paths import REPLACED, SPEC, check_parents
from midwatch.spec import migrate as specs
from midwatch.spec.migrate import STEPS, Steps


def migrate_spec(folder: Path, steps: Steps = STEPS, to: int = specs.FORMAT) -> bool:
    """Rewrite a spec of an older format; the old one is kept. Returns whether there was one. Raises TargetError."""
    path = folder / SPEC
    lock = locks.read(folder)
    if lock is None or lock.spec_format == to or not path.is_file():
        return False
    if lock.spec_format > to:
        raise TargetError(f"{SPEC} was written for a newer midwatch", hint=f"use midwatch {lock.version} or newer")
    old = path.read_bytes()
    new = specs.migrate(old, lock.spec_format, steps, to)
    if new == old:
        return False
    copy = f"{REPLACED}/{SPEC}"
    try:
        check_parents(folder, copy)
        (folder / copy).unlink(missing_ok=True)
        keep(path, folder / copy)
        temporary = path.with_name(f".{SPEC}.new-{os.getpid()}")
        temporary.write_bytes(new)
        temporary.replace(path)
    except OSError as error:
        raise TargetError(f"cannot rewrite {SPEC}: {error.strerror}", hint="nothing was changed") from error
    return True
