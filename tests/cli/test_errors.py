"""One handler: every way to end has its code, its message and no traceback."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest

from midwatch.cli.group import group
from midwatch.cli.run import INTERRUPTED, PIPE_CLOSED, run
from midwatch.errors import BlueprintError, ExitCode, ProgramError
from tests.cli.conftest import Run, environment, process

USAGE = [
    ["--nonsense"],
    ["nonsense"],
    ["generate", "--nonsense"],
    ["generate", "--format", "yaml"],
    ["plan", "surplus"],
    ["check", "--profile", "holiday"],
    ["init", "--data", "no-equals-sign", "--defaults"],
    ["secrets", "--check", "--dry-run"],
]


@pytest.mark.parametrize("args", USAGE, ids=" ".join)
def test_wrong_usage_is_bad_input(midwatch: Run, args: list[str], project: Path) -> None:
    outcome = midwatch(*args, cwd=project)
    assert outcome.code == ExitCode.BAD_INPUT
    assert "Traceback" not in outcome.err
    assert outcome.err
    assert not outcome.out


def test_a_mistyped_command_gets_the_right_word(midwatch: Run) -> None:
    assert "'generate'" in midwatch("genrate").err


@pytest.mark.parametrize("command", ["generate", "plan", "secrets"])
def test_no_spec_here(midwatch: Run, tmp_path: Path, command: str) -> None:
    outcome = midwatch(command, "-C", tmp_path)
    assert outcome.code == ExitCode.BAD_INPUT
    assert "there is no stack.yaml" in outcome.err
    assert "midwatch init" in outcome.err


def test_every_problem_of_a_spec_with_its_place(midwatch: Run, project: Path) -> None:
    (project / "stack.yaml").write_text(
        'name: "Not A Name"\nredis:\n  memroy: 1\nalerting:\n  slack:\n    channel: "#alerts"\nretention: {logs: x}\n'
    )
    outcome = midwatch("generate", "-C", project)
    assert outcome.code == ExitCode.BAD_INPUT
    assert "stack.yaml:1:" in outcome.err
    assert "stack.yaml:3:" in outcome.err
    assert "memory" in outcome.err
    assert "stack.yaml:7:" in outcome.err
    assert not (project / "compose.yaml").exists()


def test_the_directory_may_stand_before_or_after(midwatch: Run, project: Path, tmp_path: Path) -> None:
    before = midwatch("-C", project, "plan", "--format", "json", cwd=tmp_path)
    after = midwatch("plan", "--format", "json", "-C", project)
    inner = midwatch("-C", tmp_path / "nowhere", "plan", "--format", "json", "-C", project)
    assert before.code == 0
    assert before.out == after.out == inner.out


def broken(error: BaseException) -> click.Command:
    @click.command("broken", context_settings={"ignore_unknown_options": True})
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def command(rest: tuple[str, ...]) -> None:
        raise error

    return command


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> object:
    """Make every command end with an error."""

    def set_error(error: BaseException) -> None:
        monkeypatch.setattr(group, "get_command", lambda *_: broken(error))

    return set_error


def logs(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state" / "midwatch").glob("crash-*.log"))


def test_a_bug_leaves_a_log_and_no_traceback(midwatch: Run, fails, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    fails(ZeroDivisionError("division by zero"))
    outcome = midwatch("plan", "--data", "webhook=very-private", "--other=also-private")
    assert outcome.code == ExitCode.BUG
    assert "Traceback" not in outcome.err + outcome.out
    (log,) = logs(tmp_path)
    assert str(log) in outcome.err
    text = log.read_text()
    assert "ZeroDivisionError: division by zero" in text
    assert "Traceback" in text
    assert "--data" in text
    assert "private" not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_broken_blueprint_is_a_bug_too(midwatch: Run, fails, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    fails(BlueprintError("redis/component.yaml: unknown key", hint="reinstall"))
    outcome = midwatch("plan")
    assert outcome.code == ExitCode.BUG
    assert "redis/component.yaml" in outcome.err
    assert len(logs(tmp_path)) == 1


def test_no_place_for_the_log(midwatch: Run, fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "state").write_text("a file in the way")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "nowhere-yet"))
    fails(RuntimeError("x"))
    outcome = midwatch("plan")
    assert outcome.code == ExitCode.BUG
    assert list((tmp_path / "nowhere-yet").glob("crash-*.log")), "the temporary folder is the second choice"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ProgramError("promtool failed"), ExitCode.MISSING_PROGRAM),
        (KeyboardInterrupt(), INTERRUPTED),
        (click.Abort(), ExitCode.BAD_INPUT),
        (EOFError(), ExitCode.BAD_INPUT),
        (BrokenPipeError(), PIPE_CLOSED),
        (click.exceptions.Exit(0), ExitCode.DONE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_codes(fails, error: BaseException, code: int, capfd: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    fails(error)
    with os.fdopen(os.dup(1), "w") as out, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        assert run(["plan"]) == code
    assert "Traceback" not in capfd.readouterr().err


def test_control_characters_do_not_reach_the_terminal(midwatch: Run, fails) -> None:  # type: ignore[no-untyped-def]
    fails(ProgramError("name \x1b]0;owned\x07 here"))
    assert "\x1b" not in midwatch("plan").err


def test_ctrl_c_of_a_real_process(project: Path) -> None:
    code = (
        "import sys, time\n"
        "from midwatch.cli import main\n"
        "import midwatch.render.project as p\n"
        "p.spec_path = lambda folder: (print('ready', flush=True), time.sleep(60))\n"
        "sys.argv = ['midwatch', 'plan']\n"
        "main()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment(),
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == INTERRUPTED
    assert err == "interrupted\n"


@pytest.mark.parametrize("args", [["schema"], ["plan"], ["--help"]], ids=" ".join)
def test_a_reader_that_goes_away(project: Path, args: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "midwatch", *args], env=environment(), cwd=project, stdout=write, stderr=subprocess.PIPE,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(write)
    assert done.returncode == PIPE_CLOSED
    assert done.stderr == ""


def test_no_color(project: Path) -> None:
    for extra in ({"NO_COLOR": "1"}, {}):
        outcome = process("plan", cwd=project, env=extra)
        assert outcome.code == 0
        assert "\x1b[" not in outcome.out, "no terminal, no colour"


BAD = 'name: "Not A Name"\nredis:\n  memroy: 1\nalerting:\n  slack:\n    channel: "#alerts"\n'


@pytest.mark.parametrize("args", [["plan", "--format", "json"], ["generate", "--format=json"]], ids=" ".join)
def test_a_wrong_spec_as_json(midwatch: Run, project: Path, args: list[str]) -> None:
    (project / "stack.yaml").write_text(BAD)
    outcome = midwatch(*args, "-C", project)
    assert (outcome.code, outcome.err) == (ExitCode.BAD_INPUT, "")
    error = json.loads(outcome.out)["error"]
    assert error["exit_code"] == 2 and error["kind"] == "bad_input"
    assert error["problems"][1]["file"].endswith("stack.yaml")
    assert {"line": 3, "key": "redis.memroy"}.items() <= error["problems"][1].items()
    assert "'memory'" in error["problems"][1]["message"]


def test_an_error_as_sarif_and_as_junit(midwatch: Run, project: Path) -> None:
    """The stack was never generated: there is nothing to judge, and the reader of the file is told so."""
    outcome = midwatch("check", "--format", "sarif", "-C", project)
    assert (outcome.code, outcome.err) == (ExitCode.BAD_INPUT, "")
    (one,) = json.loads(outcome.out)["runs"]
    assert one["invocations"][0]["executionSuccessful"] is False
    assert "no compose.yaml" in one["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert "no compose.yaml" in one["results"][0]["message"]["text"]
    outcome = midwatch("check", "--format", "junit", "-C", project)
    assert outcome.code == ExitCode.BAD_INPUT
    assert len(ET.fromstring(outcome.out.encode()).findall(".//failure")) == 1


@pytest.mark.parametrize("args", [["plan", "--format", "json", "surplus"], ["generate", "--nonsense", "--format=json"]])
def test_wrong_usage_as_json(midwatch: Run, project: Path, args: list[str]) -> None:
    outcome = midwatch(*args, cwd=project)
    assert (outcome.code, outcome.err) == (ExitCode.BAD_INPUT, "")
    assert args[3 if "surplus" in args else 1] in json.loads(outcome.out)["error"]["message"]


def test_a_bug_as_json(midwatch: Run, fails, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    fails(ZeroDivisionError("x"))
    outcome = midwatch("plan", "--format", "json")
    assert outcome.code == ExitCode.BUG
    assert "ZeroDivisionError" in json.loads(outcome.out)["error"]["message"]
    assert str(logs(tmp_path)[0]) in outcome.err
