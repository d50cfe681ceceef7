"""`midwatch generate`, from the spec to the disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from midwatch import __version__
from midwatch.regenerate import lock as locks
from midwatch.regenerate.lock import read as read_lock
from midwatch.regenerate.paths import LOCK
from midwatch.render.model import File
from midwatch.render.project import load_project
from tests.cli.conftest import SPEC, Run


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in [folder, *folder.rglob("*")]}


def listed(out: str, tree: Iterable[str]) -> int:
    """How many of these files a list of created ones names, or counts with their folder."""
    found = 0
    for line in out.splitlines():
        word, _, named = line.partition(" ")
        assert word == "created"
        folder = re.fullmatch(r"(\S+/) \((\d+) files\)", named.strip())
        below = [path for path in tree if folder and path.startswith(folder[1])]
        assert int(folder[2]) == len(below) if folder else named.strip() in tree
        found += len(below) or 1
    return found


def test_it_writes_the_whole_tree_and_then_nothing(midwatch: Run, project: Path) -> None:
    first = midwatch("generate", cwd=project)
    assert first.code == 0, first.err
    tree = load_project(project).render().tree
    for path, file in tree.items():
        assert (project / path).read_bytes() == file.data
    assert listed(first.out, tree) == len(tree)
    assert len(first.out.splitlines()) < 40
    lock = read_lock(project)
    assert lock is not None
    assert set(lock.files) == set(tree)
    before = state(project)
    second = midwatch("generate", cwd=project)
    assert second.code == 0
    assert second.out == ""
    assert f"{len(tree)} unchanged" in second.err
    assert state(project) == before


def test_what_is_to_be_done_on_the_host_is_said_when_something_changed(midwatch: Run, project: Path) -> None:
    hint = "on the host: docker compose up -d && ./ops reload"
    assert hint not in midwatch("generate", cwd=project).err, "nothing runs yet"
    assert hint not in midwatch("generate", cwd=project).err, "nothing changed"
    (project / "stack.yaml").write_text(SPEC + "retention: {logs: 9d}\n")
    assert hint not in midwatch("generate", "--dry-run", cwd=project).err
    assert midwatch("generate", cwd=project).err.splitlines()[-1] == hint


def test_missing_secrets_are_named(midwatch: Run, project: Path) -> None:
    assert "slack_webhook_url" in midwatch("generate", cwd=project).err


def test_dry_run_says_what_would_change(midwatch: Run, project: Path) -> None:
    before = state(project)
    outcome = midwatch("generate", "--dry-run", cwd=project)
    assert outcome.code == 1
    assert "created   compose.yaml" in outcome.out
    assert state(project) == before
    midwatch("generate", cwd=project)
    assert midwatch("generate", "--dry-run", cwd=project).code == 0
    (project / "stack.yaml").write_text(SPEC + "retention: {metrics: 3d}\n")
    outcome = midwatch("generate", "--dry-run", cwd=project)
    assert outcome.code == 1
    assert "updated   compose.yaml" in outcome.out or "updated   prometheus" in outcome.out


def test_json(midwatch: Run, project: Path) -> None:
    outcome = midwatch("generate", "--format", "json", cwd=project)
    document = json.loads(outcome.out)
    assert document["changed"] is True
    assert "compose.yaml" in document["files"]["created"]
    assert document["files"]["unchanged"] == []
    assert "slack_webhook_url" in document["missing_secrets"]
    again = json.loads(midwatch("generate", "--format", "json", cwd=project).out)
    assert again["changed"] is False
    assert again["files"]["unchanged"] == document["files"]["created"]


def test_quiet_and_verbose(midwatch: Run, project: Path) -> None:
    quiet = midwatch("generate", "-q", cwd=project)
    assert (project / "compose.yaml").is_file()
    assert (quiet.out, quiet.err) == ("", "")
    assert "unchanged compose.yaml" in midwatch("generate", "-v", cwd=project).err


def test_a_hand_edit_stays_and_force_keeps_a_copy(midwatch: Run, project: Path) -> None:
    midwatch("generate", cwd=project)
    edited = project / "compose.yaml"
    edited.write_text(edited.read_text() + "# mine\n")
    mine = edited.read_bytes()
    for args in (["generate"], ["generate", "--dry-run"]):
        outcome = midwatch(*args, cwd=project)
        assert outcome.code == 0, outcome.err
        assert "edited    compose.yaml" in outcome.out
        assert edited.read_bytes() == mine
    assert midwatch("generate", "--force", cwd=project).code == 0
    assert edited.read_bytes() != mine
    assert (project / ".midwatch/replaced/compose.yaml").read_bytes() == mine


def test_an_interrupted_write_is_finished_by_the_next_command(midwatch: Run, project: Path) -> None:
    """Whatever that command is: here `check`, which reads only."""
    midwatch("generate", cwd=project)
    (project / ".midwatch/staging-0123456789abcdef/new").mkdir(parents=True)
    (project / ".midwatch/journal.json").write_text(
        '{"format": 1, "staging": "staging-0123456789abcdef", "direction": "forward", "steps": []}'
    )
    outcome = midwatch("generate", "--dry-run", cwd=project)
    assert outcome.code == 2
    assert "interrupted" in outcome.err
    outcome = midwatch("check", "--only", "pids-limit", cwd=project)
    assert "an interrupted write was finished" in outcome.err
    assert not (project / ".midwatch/journal.json").exists()
    assert midwatch("generate", "--dry-run", cwd=project).code == 0


def test_a_fragment_of_the_user_changes_tree_and_lock(midwatch: Run, project: Path) -> None:
    (project / "mine.yaml").write_text("services: {prometheus: {labels: {team: ops}}}\n")
    (project / "stack.yaml").write_text(SPEC + "extra: {compose: [mine.yaml]}\n")
    assert midwatch("generate", cwd=project).code == 0
    assert "team: ops" in (project / "compose.yaml").read_text()
    first = read_lock(project)
    (project / "mine.yaml").write_text("services: {prometheus: {labels: {team: night}}}\n")
    assert midwatch("generate", "--dry-run", cwd=project).code == 1
    midwatch("generate", cwd=project)
    second = read_lock(project)
    assert first is not None
    assert second is not None
    assert first.spec_sha256 != second.spec_sha256


def test_a_bad_fragment(midwatch: Run, project: Path) -> None:
    (project / "mine.yaml").write_text("- a list\n")
    (project / "stack.yaml").write_text(SPEC + "extra: {compose: [mine.yaml]}\n")
    outcome = midwatch("generate", cwd=project)
    assert outcome.code == 2
    assert "mine.yaml" in outcome.err


def test_an_alert_or_component_that_does_not_exist(midwatch: Run, project: Path) -> None:
    (project / "stack.yaml").write_text(
        SPEC + "  overrides: {TargetDwn: {off: true}}\nimages: {overrides: {promethus: {tag: v3.0.0}}}\n"
    )
    outcome = midwatch("generate", cwd=project)
    assert outcome.code == 2
    assert "TargetDown" in outcome.err
    assert "prometheus" in outcome.err


def test_a_host_too_small_says_what_would_fit(midwatch: Run, project: Path) -> None:
    (project / "stack.yaml").write_text(SPEC + "host: {cpus: 1, memory: 300MiB, disk: 2GiB}\n")
    outcome = midwatch("generate", cwd=project)
    assert outcome.code == 2
    assert "memory" in outcome.err
    assert "MiB" in outcome.err or "GiB" in outcome.err
    assert not (project / "compose.yaml").exists()
    assert not (project / ".midwatch").exists()


def test_somebody_elses_compose_file(midwatch: Run, project: Path) -> None:
    (project / "compose.yaml").write_text("services: {theirs: {image: x}}\n")
    for args in (["generate"], ["generate", "--force"], ["generate", "--dry-run"]):
        outcome = midwatch(*args, cwd=project)
        assert outcome.code == 2
        assert "compose.yaml" in outcome.err
        assert "empty folder" in outcome.err
    assert (project / "compose.yaml").read_text() == "services: {theirs: {image: x}}\n"


@pytest.mark.parametrize(
    ("wrote", "newer"),
    [
        ("99.0", True), ("0.1.1", True), ("0.1.1.dev3+g1a2b3c", True), ("0.10.0", True),
        ("0.1.0", False), ("0.1", False), ("0.1.0.dev7+g1a2b3c", False), ("0.0.9", False), ("unknown", False),
    ],
)  # fmt: skip
def test_an_older_midwatch_does_not_take_back_what_a_newer_one_wrote(
    midwatch: Run, project: Path, monkeypatch: pytest.MonkeyPatch, wrote: str, newer: bool
) -> None:
    """Only released parts count: a development version is not newer than its release."""
    monkeypatch.setattr("midwatch.__version__", "0.1.0")
    tree = {"compose.yaml": File(b"services: {}\n")}
    (project / ".midwatch").mkdir()
    (project / LOCK).write_bytes(locks.dump(locks.of(tree, version=wrote, spec_sha256="0" * 64)))
    if not newer:
        locks.refuse_newer(project, "0.1.0")
        return
    for args in (["generate"], ["generate", "--dry-run"]):
        said = midwatch("-C", project, *args)
        assert said.code == 2
        assert f"error: a newer midwatch wrote this project: {wrote}; this one is 0.1.0" in said.err
        assert "--force" in said.err
    assert not (project / "compose.yaml").exists()


def test_force_goes_back_to_an_older_midwatch(midwatch: Run, project: Path) -> None:
    assert midwatch("-C", project, "generate").code == 0
    lock = project / LOCK
    lock.write_text(lock.read_text().replace(f'"midwatch": "{__version__}"', '"midwatch": "99.0"'))
    assert midwatch("-C", project, "generate").code == 2
    assert midwatch("-C", project, "generate", "--force").code == 0
    assert "99.0" not in lock.read_text()
    assert midwatch("-C", project, "generate").code == 0
