"""Finding the real programs, and running them for a test."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PORTS = range(10_000, 20_000)


def needed(name: str) -> str:
    """Path of a program; the test is skipped, by name, where there is none on PATH."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"the program {name} is not on PATH (tests/lab/README.md says how to get it)")
    return found


def free_port() -> int:
    """A port on loopback that nobody uses now.

    Below those that the kernel gives to whoever asks for any: one of those may be taken before the program is there.
    """
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@contextmanager
def running(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the block ends; its output goes to ``log``."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})})
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until ``condition`` holds; the test fails with ``what`` when it never does. A busy machine takes long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.05)


def fetch(url: str, method: str = "GET", body: bytes | None = None, kind: str = "") -> tuple[int, str]:
    """Status and text of an HTTP answer; status 0 when nobody answers."""
    headers = {"Content-Type": kind} if kind else {}
    try:
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)
