"""Keeps secrets out of git: asks git itself, where there is one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.secrets.store import FOLDER

_GIT = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false")
"""Ask in any folder, whoever owns it, and start no program that its configuration names."""


def refuse_tracked(folder: Path) -> None:
    """Raises TargetError when git already tracks a secret, naming each."""
    tracked = ask(folder, "ls-files", "-z", "--", FOLDER)
    names = [name for name in (tracked or "").split("\0") if name and not name.endswith("/.gitignore")]
    if names:
        raise TargetError(
            f"git tracks {', '.join(sorted(names))}: secrets would be published",
            hint=f"run 'git rm -r --cached {FOLDER}', commit, and treat what was in there as known to others: "
            "'midwatch secrets --rotate NAME'",
        )


def ignore(folder: Path) -> None:
    """Have the project's ``.gitignore`` name the folder, also where there is no repository yet. Raises TargetError."""
    path = folder / ".gitignore"
    try:
        data = path.read_bytes() if path.exists() else b""
        if any(line.strip().strip(b"/") == FOLDER.encode() for line in data.splitlines()):
            return
        gap = b"" if not data or data.endswith(b"\n") else b"\n"
        temporary = path.with_name(f".gitignore.new-{os.getpid()}")
        try:
            temporary.write_bytes(b"%s%s/%s/\n" % (data, gap, FOLDER.encode()))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise TargetError(f"cannot write .gitignore: {error.strerror}") from error


def refuse_not_ignored(folder: Path) -> None:
    """Raises TargetError when git would take a new secret in all the same (a later rule may un-ignore it)."""
    probe = f"{FOLDER}/probe"
    if ask(folder, "rev-parse", "--is-inside-work-tree") is not None and ask(folder, "check-ignore", probe) is None:
        raise TargetError(
            f"git does not ignore {FOLDER}/", hint=f"put the line '{FOLDER}/' at the end of the project's .gitignore"
        )


def ask(folder: Path, *args: str) -> str | None:
    """What git says; None if it says no, or there is none, or this is no repository."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run([*_GIT, *args], cwd=folder, env=env, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
