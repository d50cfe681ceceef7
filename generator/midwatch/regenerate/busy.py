"""One midwatch at a time in a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate.paths import STATE


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the project folder for this process; the kernel lets go when the process ends, however it ends.

    Creates ``.midwatch`` if need be. Raises TargetError when another process holds it, OSError when it cannot be made.
    """
    state = folder / STATE
    if state.is_symlink():
        raise TargetError(f"{STATE} is a link", hint="replace it by a real folder: midwatch writes through no link")
    state.mkdir(exist_ok=True)
    handle = os.open(state / "busy", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TargetError(
                f"another midwatch is at work in {folder}", hint="wait until it is done, then run this again"
            ) from error
        yield
    finally:
        with suppress(OSError):  # The lock is gone in any case, and what was written is written.
            os.close(handle)
