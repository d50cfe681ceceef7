"""Runs the program as a user does: as a process of its own, and within this one where only the outcome matters."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.cli.run import run as run_here
from tests.conftest import ROOT

Run = Callable[..., "Outcome"]
SPEC = 'name: demo\nalerting:\n  slack:\n    channel: "#alerts"\n'


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs this checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MIDWATCH_", "GIT_", "XDG_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "generator"), **more}


def process(
    *args: str, cwd: Path | None = None, stdin: str | None = None, env: Mapping[str, str] | None = None
) -> Outcome:
    """Run ``midwatch`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "midwatch", *args],
        cwd=cwd,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        env=environment() | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def on_a_terminal(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """The same with a terminal of 80 columns as standard output; what goes to standard error is not kept."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "midwatch", *args], stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL,
        env=environment(COLUMNS="80", TERM="xterm-256color") | dict(env or {}), cwd=cwd,
    )  # fmt: skip
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # how Linux says that nobody holds the other end
            break
        if not piece:
            break
        said += piece
    os.close(leader)
    return Outcome(process.wait(30), said.decode().replace("\r\n", "\n"), "")


@pytest.fixture
def midwatch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in this process, with the current folder and the state folder in ``tmp_path``."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def call(*args: str | Path, cwd: Path | None = None) -> Outcome:
        capsys.readouterr()
        if cwd:
            monkeypatch.chdir(cwd)
        code = run_here([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the smallest spec."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "stack.yaml").write_text(SPEC)
    return folder
