"""Where the lab keeps what is slow to make, and how it makes it: once, by one process at a time, all or nothing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class LabError(Exception):
    """Something that the lab needs is missing. The message says what, and what to do about it."""


def cache() -> Path:
    """The lab's folder: MIDWATCH_LAB_CACHE, else ~/.cache/midwatch-lab. It outlives the checkout."""
    named = os.environ.get("MIDWATCH_LAB_CACHE")
    folder = Path(named) if named else Path.home() / ".cache" / "midwatch-lab"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"cannot use {folder} ({error.strerror}): set MIDWATCH_LAB_CACHE to a folder of yours") from None
    return folder.resolve()


def guarded(main: Callable[[list[str]], int]) -> int:
    """Run a command of the lab; a person reads what is missing, and never a traceback."""
    try:
        return main(sys.argv[1:])
    except (LabError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept")
        return 130


def say(text: str) -> None:
    """Progress for the person who waits. On stderr, so that a table on stdout stays a table."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Announce a slow step and how long it took, whether it worked or not."""
    say(f"{what} ...")
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{what}: failed after {time.monotonic() - start:.1f} s")
        raise
    say(f"{what}: {time.monotonic() - start:.1f} s")


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold a lock of the cache, so that two runs do not build the same thing twice. The kernel frees it if we die."""
    folder = cache() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / name.replace("/", "_")).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"waiting for another run that is busy with {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def making(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and vanishes when it does not.

    Called under a lock, so what an earlier run left when it was killed is nobody's, and is removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.*"):
        remove_tree(left)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        remove_tree(target)
        temporary.rename(target)
    finally:
        remove_tree(temporary)


def remove_tree(folder: Path) -> None:
    """Remove a tree, also one whose folders were made read-only."""
    shutil.rmtree(folder, ignore_errors=True)


def link(source: Path, name: str, folder: Path | None = None) -> Path:
    """Link a program into the folder that the tests have on their PATH. Replaces an older link in one step."""
    folder = folder or cache() / "bin"
    folder.mkdir(exist_ok=True)
    temporary = folder / f".{name}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(source)
    temporary.replace(folder / name)
    return folder / name


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command and return what it printed; if it fails, say what was being done and how it ended."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise LabError(f"{what}: '{words[0]}' is not installed on this machine") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{what}: no end after {timeout:.0f} s: {' '.join(words)}") from None
    if done.returncode:
        tail = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-12:])
        raise LabError(f"{what}: exit code {done.returncode} from: {' '.join(words)}\n{tail}")
    return done.stdout
