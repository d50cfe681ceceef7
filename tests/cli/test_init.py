"""`midwatch init`: from questions to a project that generates."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch import __version__, resources
from midwatch.cli.layout import questions
from midwatch.cli.origin import pinned
from midwatch.spec import checks
from midwatch.spec.load import load
from tests.cli.conftest import Run, environment, process

FILES = {
    ".copier-answers.yml",
    ".github/workflows/midwatch.yml",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "README.md",
    "stack.yaml",
}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_defaults_give_a_project_that_generates(midwatch: Run, tmp_path: Path) -> None:
    outcome = midwatch("init", "My Stäck", "--defaults", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "My Stäck"
    assert files(folder) == FILES
    spec = load(folder / "stack.yaml")
    assert spec.name == "my-staeck", "the folder's name, as far as it can be one"
    assert midwatch("generate", "-C", folder).code == 0
    assert midwatch("generate", "--dry-run", "-C", folder).code == 0


def test_answers_arrive(midwatch: Run, tmp_path: Path) -> None:
    answers = {
        "name": "sva",
        "environment": "staging",
        "slack_channel": "#ops-2",
        "cpus": "4",
        "memory": "8GiB",
        "disk": "80GiB",
        "app": "studio",
        "app_port": "3100",
        "app_network": "studio_default",
    }
    assert set(answers) == set(questions())
    data = [word for key, value in answers.items() for word in ("--data", f"{key}={value}")]
    outcome = midwatch("init", tmp_path / "sva", "--defaults", *data)
    assert outcome.code == 0, outcome.err
    spec = load(tmp_path / "sva/stack.yaml")
    assert (spec.name, spec.environment, spec.alerting.slack.channel) == ("sva", "staging", "#ops-2")
    assert (spec.host.cpus, spec.host.memory, spec.host.disk) == (4, 8 * 2**30, 80 * 2**30)
    assert [(app.name, app.port, app.network) for app in spec.apps] == [("studio", 3100, "studio_default")]


HOSTILE = [
    *('a"b', "a'b", "a\nb", "\\", "\x00", "", "null", "~", "#", "%", "ü" * 50, "../../x"),
    *("{{ 7 * 7 }}", "[[ 7 * 7 ]]", "[% raw %]"),
    *("x: {y: z}", "- a", "&a *a", "!!python/object:os"),
]


@pytest.mark.parametrize(
    "question", ["name", "environment", "slack_channel", "cpus", "memory", "disk", "app", "app_network"]
)
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_answers_stay_data(midwatch: Run, tmp_path: Path, question: str, value: str) -> None:
    """Either it is refused and nothing is written, or it arrives in the spec as the same text and nowhere else."""
    app = [] if question == "app" else ["--data", "app=studio"]
    outcome = midwatch("init", tmp_path / "x", "--defaults", *app, "--data", f"{question}={value}")
    if outcome.code == 2:
        assert not (tmp_path / "x").exists()
        assert "Traceback" not in outcome.err
        return
    assert outcome.code == 0, outcome.err
    raw = YAML(typ="safe").load(tmp_path / "x/stack.yaml")
    assert set(raw) <= {"name", "environment", "host", "retention", "alerting", "apps"}
    shown = {
        "name": raw["name"],
        "app": raw["apps"][0]["name"] if "apps" in raw else "",
        "app_network": raw["apps"][0]["network"] if "apps" in raw else "",
    }
    assert shown.get(question) == value
    assert "49" not in (tmp_path / "x/stack.yaml").read_text()


def test_an_answer_to_no_question(midwatch: Run, tmp_path: Path) -> None:
    outcome = midwatch("init", tmp_path / "x", "--defaults", "--data", "memroy=8GiB")
    assert outcome.code == 2
    assert "'memory'" in outcome.err
    assert not (tmp_path / "x").exists()


def test_a_host_too_small_is_said_before_anything_is_written(midwatch: Run, tmp_path: Path) -> None:
    outcome = midwatch("init", tmp_path / "x", "--defaults", "--data", "memory=300MiB")
    assert outcome.code == 2
    assert not (tmp_path / "x").exists()


def test_without_a_terminal_it_does_not_hang(tmp_path: Path) -> None:
    outcome = process("init", "x", cwd=tmp_path)
    assert outcome.code == 2
    assert "--defaults" in outcome.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_file_is_overwritten(midwatch: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "x"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("mine\n")
    outcome = midwatch("init", folder, "--defaults")
    assert outcome.code == 2
    assert f"{name}: is there already" in outcome.err
    assert files(folder) == {name}
    outcome = midwatch("init", folder, "--defaults", "--skip-existing")
    assert outcome.code == (2 if name == "stack.yaml" else 0)
    assert (folder / name).read_text() == "mine\n"
    assert files(folder) == ({name} if name == "stack.yaml" else FILES)


def test_a_folder_with_other_files_is_fine(midwatch: Run, tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine\n")
    assert midwatch("init", "--defaults", cwd=tmp_path).code == 0
    assert files(tmp_path) == FILES | {"LICENSE"}


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yml"])
def test_somebody_elses_stack(midwatch: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("services: {}\n")
    outcome = midwatch("init", "--defaults", cwd=tmp_path)
    assert outcome.code == 2
    assert name in outcome.err
    assert files(tmp_path) == {name}


def test_unsafe_targets(midwatch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").write_text("")
    for target in ("/", tmp_path, tmp_path / "file"):
        assert midwatch("init", target, "--defaults").code == 2
    assert files(tmp_path) == {"file"}
    midwatch("init", tmp_path / "x", "--defaults")
    midwatch("generate", "-C", tmp_path / "x")
    outcome = midwatch("init", tmp_path / "x", "--defaults")
    assert outcome.code == 2
    assert "already" in outcome.err


def test_a_link_in_the_way_is_not_followed(midwatch: Run, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "x").mkdir()
    (tmp_path / "x/.github").symlink_to(tmp_path / "outside")
    outcome = midwatch("init", tmp_path / "x", "--defaults")
    assert outcome.code == 2
    assert files(tmp_path / "outside") == set()
    assert files(tmp_path / "x") == set()


def test_offline_and_without_git(tmp_path: Path) -> None:
    """No program at all on PATH, and a home that cannot be written."""
    outcome = process("init", "x", "--defaults", cwd=tmp_path, env={"PATH": str(tmp_path), "HOME": "/nonexistent"})
    assert outcome.code == 0, outcome.err
    assert files(tmp_path / "x") == FILES


def test_it_asks(tmp_path: Path) -> None:
    """On a real terminal: take every default but the last two."""
    main, side = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "midwatch", "init", "asked"],
        cwd=tmp_path, env=environment(TERM="xterm"), stdin=side, stdout=side, stderr=side, close_fds=True,
    )  # fmt: skip
    os.close(side)
    seen, answered, deadline = "", 0, time.monotonic() + 60
    prompts = ["Name of the stack", "Environment", "Slack channel", "CPU cores", "Memory", "Disk", "first application"]
    while child.poll() is None and time.monotonic() < deadline:
        if select.select([main], [], [], 0.2)[0]:
            try:
                seen += os.read(main, 65536).decode(errors="replace")
            except OSError:
                break
        if answered < len(prompts) and prompts[answered] in seen:
            time.sleep(0.2)
            os.write(main, b"\r")
            answered += 1
    child.wait(timeout=10)
    os.close(main)
    assert answered == len(prompts), seen
    assert child.returncode == 0, seen
    assert load(tmp_path / "asked/stack.yaml").name == "asked"


def test_the_patterns_are_those_of_the_spec() -> None:
    text = (resources.blueprints() / "project/copier.yml").read_text()
    found = set(re.findall(r"regex_search\('([^']*)'\)", text))
    for pattern in (checks.NAME, checks.CHANNEL, checks.NETWORK):
        assert pattern.removesuffix("$") + r"\Z" in found


def test_the_project_ci_runs_what_it_says(midwatch: Run, tmp_path: Path) -> None:
    midwatch("init", tmp_path / "x", "--defaults")
    workflow = YAML(typ="safe").load(tmp_path / "x/.github/workflows/midwatch.yml")
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert steps[-2:] == ["midwatch generate --dry-run", "midwatch check --no-secrets"]
    hooks = YAML(typ="safe").load(tmp_path / "x/.pre-commit-config.yaml")["repos"][0]["hooks"]
    assert [hook["entry"] for hook in hooks] == steps[-2:]
    assert "/secrets/" in (tmp_path / "x/.gitignore").read_text().splitlines()


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (None, f"midwatch[judges]=={__version__}"),
        ({"url": "https://git.example.com/midwatch", "vcs_info": {"vcs": "git", "commit_id": "0123abc"}},
         "midwatch[judges] @ git+https://git.example.com/midwatch@0123abc"),
        ({"url": "https://example.com/midwatch-1.whl", "archive_info": {}},
         "midwatch[judges] @ https://example.com/midwatch-1.whl"),
        ({"url": "file:///home/ann/midwatch", "dir_info": {"editable": True}}, ""),
        ({"url": "https://ann:secret@git.example.com/midwatch", "vcs_info": {"vcs": "git", "commit_id": "0"}}, ""),
    ],
)  # fmt: skip
def test_what_ci_installs(record: dict[str, Any] | None, wanted: str) -> None:
    """PEP 610: what pip, pipx and uv write down when they install from somewhere else than an index."""
    assert pinned(None if record is None else json.dumps(record)) == wanted


@pytest.mark.parametrize("requirement", ["midwatch[judges]==1.2.3", ""])
def test_the_ci_of_a_project_installs_from_there(
    midwatch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirement: str
) -> None:
    monkeypatch.setattr("midwatch.cli.layout.requirement", lambda: requirement)
    midwatch("init", tmp_path / "x", "--defaults")
    workflow = YAML(typ="safe").load(tmp_path / "x/.github/workflows/midwatch.yml")
    steps = [step for step in workflow["jobs"]["check"]["steps"] if "pip install" in step.get("run", "")]
    (step,) = steps
    if requirement:
        assert step["run"] == f"pip install '{requirement}'"
    else:
        assert step["env"] == {"MIDWATCH": "${{ vars.MIDWATCH }}"}
        assert "set the variable MIDWATCH" in step["run"], "it says what is missing rather than install something else"
