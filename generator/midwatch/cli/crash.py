"""The log of an unexpected error: everything a report needs, nothing that is secret."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from midwatch import __version__


def write_log(error: BaseException, args: Sequence[str]) -> Path | None:
    """Write the log to the user's state folder, else to the temporary one; None if neither can be written.

    It holds no environment, no values of variables and of the arguments only the names of options: a value given
    by ``--data`` may be private.
    """
    now = datetime.now(UTC)
    text = "\n".join(
        [
            f"midwatch {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"time: {now.isoformat(timespec='seconds')}",
            f"command: midwatch {' '.join(_without_values(args))}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    name = f"crash-{now:%Y%m%d-%H%M%S}-{os.getpid()}.log"
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except (OSError, RuntimeError):
            continue
        return path
    return None


def _folders() -> list[Path]:
    state = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification: a relative path there is to be ignored.
    first = [Path(state) / "midwatch"] if Path(state).is_absolute() else []
    home = os.path.expanduser("~")  # noqa: PTH111 (Path.home raises where there is no home)
    if not first and Path(home).is_absolute():
        first = [Path(home) / ".local" / "state" / "midwatch"]
    return [*first, Path(tempfile.gettempdir())]


def _without_values(args: Sequence[str]) -> list[str]:
    words = [arg.split("=", 1)[0] for arg in args]
    return [word if word.startswith("-") or index == 0 else "…" for index, word in enumerate(words)]
