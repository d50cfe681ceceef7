"""Getting an official image, on a machine that can."""

from __future__ import annotations

import os
import select
import subprocess
import time
from typing import IO

from tests.lab.cache import cache, say

FIRST_WORD_SECONDS = 20.0
PULL_SECONDS = 900.0
FORGET_AFTER_SECONDS = 3600.0
OFFLINE = ("dial tcp", "no such host", "timeout", "connection refused", "request canceled", "tls", "misbehaving")


def pull(reference: str) -> str:
    """Pull; return "" if that worked, else why it did not. A registry that cannot be reached is asked once an hour.

    MIDWATCH_LAB_PULL=never asks no registry at all.
    """
    if os.environ.get("MIDWATCH_LAB_PULL") == "never":
        return "MIDWATCH_LAB_PULL=never"
    note = cache() / "unreachable" / host(reference)
    if note.is_file() and time.time() - note.stat().st_mtime < FORGET_AFTER_SECONDS:
        return note.read_text()
    say(f"pulling {reference}")
    printed, ended = _attempt(reference)
    if ended == 0:
        note.unlink(missing_ok=True)
        return ""
    last = printed.strip().splitlines()[-1] if printed.strip() else "no answer"
    if ended is None or any(word in printed.lower() for word in OFFLINE):
        note.parent.mkdir(exist_ok=True)
        note.write_text(f"{host(reference)} cannot be reached")
        return note.read_text()
    return last


def host(reference: str) -> str:
    """The registry of a reference: its first part, if that looks like a host."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def _attempt(reference: str) -> tuple[str, int | None]:
    """What `docker pull` printed and its exit code; None if it said nothing at first, or did not end."""
    process = subprocess.Popen(
        ["docker", "pull", reference], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    stream: IO[bytes] = process.stdout  # type: ignore[assignment]
    with stream:
        spoke, _, _ = select.select([stream], [], [], FIRST_WORD_SECONDS)
        try:
            if not spoke:
                raise subprocess.TimeoutExpired("docker pull", FIRST_WORD_SECONDS)
            printed, _ = process.communicate(timeout=PULL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "", None
    return printed.decode(errors="replace"), process.returncode
