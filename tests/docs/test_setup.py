"""What the Makefile builds on: a Python that can make a venv, and a clear word where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

FIND = str(ROOT / "scripts" / "find-python")


def find(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", FIND], env={"PATH": str(path), **env}, capture_output=True, text=True, check=False, timeout=60
    )


def fake(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_it_takes_the_first_that_works(tmp_path: Path) -> None:
    fake(tmp_path, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    fake(tmp_path, "python3.12", "exit 1")
    real = fake(tmp_path, "python3", f'exec {sys.executable} "$@"')
    done = find(tmp_path)
    assert done.returncode == 0
    assert done.stdout == f"{real}\n"


def test_one_that_is_named_wins(tmp_path: Path) -> None:
    fake(tmp_path, "python3", f'exec {sys.executable} "$@"')
    named = fake(tmp_path, "mine", f'exec {sys.executable} "$@"')
    assert find(tmp_path, PYTHON=str(named)).stdout == f"{named}\n"


def test_too_old_or_none(tmp_path: Path) -> None:
    for done in (find(tmp_path), find(tmp_path, PYTHON=str(fake(tmp_path, "python3", "exit 1")))):
        assert done.returncode == 1
        assert "Python 3.11 or newer" in done.stderr
        assert done.stdout == ""


def test_without_venv_it_says_what_to_install(tmp_path: Path) -> None:
    fake(tmp_path, "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    done = find(tmp_path)
    assert done.returncode == 1
    assert "python3-venv" in done.stderr


def test_scripts_can_be_run() -> None:
    for name in ("scripts/find-python", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK)
