"""The programs whose grammar the spec borrows, asked directly: the tests compare with them and not with our memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.cache import cache


def needed(name: str) -> str:
    """Path of a program: beside this Python, on PATH or in the lab's cache; else the test is skipped by its name."""
    for folder in (str(Path(sys.executable).parent), None, str(cache() / "bin")):
        found = shutil.which(name, path=folder)
        if found:
            return found
    pytest.skip(f"the program {name} is not at hand (tests/lab/README.md says how to get it)")


def docker_size(text: str) -> int | None:
    """Bytes as Compose reads a ``mem_limit``; None when it refuses. 0 counts as unset there."""
    project = {"name": "x", "services": {"a": {"image": "b", "mem_limit": text}}}
    command = [needed("docker-compose"), "-f", "-", "config", "--format", "json"]
    done = subprocess.run(command, input=json.dumps(project), capture_output=True, text=True, timeout=60)
    return int(json.loads(done.stdout)["services"]["a"].get("mem_limit", 0)) if done.returncode == 0 else None


def promtool_takes_for(texts: list[str], folder: Path) -> dict[str, bool]:
    """Which texts Prometheus takes as the ``for`` of a rule."""
    promtool, taken = needed("promtool"), {}
    for index, text in enumerate(texts):
        rule = {"alert": "A", "expr": "vector(1)", "for": text}
        file = folder / f"{index}.json"
        file.write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
        done = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, timeout=60)
        taken[text] = done.returncode == 0
    return taken


def promtool_formats(expression: str) -> str | None:
    """An expression as Prometheus prints it; None when it refuses."""
    command = [needed("promtool"), "--experimental", "promql", "format", expression]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None
