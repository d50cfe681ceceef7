"""What starts must start quickly: nothing heavy is imported before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midwatch.cli.group import COMMANDS
from tests.cli.conftest import environment, process

HEAVY = ("copier", "jinja2", "pydantic", "ruamel", "rich", "promql_parser", "questionary", "yaml")


def imported_by(*args: str, cwd: Path | None = None) -> list[str]:
    """Top-level modules that are loaded when the command has ended."""
    code = (
        "import sys, json, io\n"
        "from midwatch.cli.run import run\n"
        "out, sys.stdout = sys.stdout, io.StringIO()\n"
        f"code = run({list(args)!r})\n"
        "sys.stdout = out\n"
        "print(json.dumps([code, sorted({name.split('.')[0] for name in sys.modules})]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    )
    status, modules = json.loads(done.stdout)
    assert status == 0, done.stderr
    found: list[str] = modules
    return found


@pytest.mark.parametrize("args", [["--help"], ["--version"], [], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    assert not set(HEAVY) & set(imported_by(*args))


def test_the_group_does_not_import_the_commands() -> None:
    code = "import sys; import midwatch.cli.group; print([m for m in sys.modules if m.startswith('midwatch.cli.')])"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert not [name for name in COMMANDS if f"midwatch.cli.{name}'" in done.stdout]


def test_only_init_imports_copier(project: Path) -> None:
    assert "copier" not in imported_by("plan", cwd=project)
    assert "copier" not in imported_by("generate", cwd=project)
    assert "copier" not in imported_by("schema")
    assert "copier" in imported_by("init", "new", "--defaults", cwd=project)


def test_help_is_not_slow() -> None:
    """The goal is 150 ms on an idle core, which `make bench` measures; here only what no load explains."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert process("--help").code == 0
        times.append(time.perf_counter() - start)
    assert min(times) < 2, times


def test_every_command_is_in_the_help() -> None:
    text = process("--help").out
    for name in COMMANDS:
        assert f"\n  {name} " in text


def test_python_m_and_version() -> None:
    outcome = process("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("midwatch ")
