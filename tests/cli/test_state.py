"""What midwatch keeps in ``.midwatch`` is lost, broken, or of two branches; and what is said of single steps."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import SPEC, Run

LOCK = ".midwatch/lock.json"


@pytest.fixture
def generated(midwatch: Run, project: Path) -> Path:
    assert midwatch("generate", cwd=project).code == 0
    return project


def edit(project: Path, old: str, new: str, file: str = "compose.yaml") -> None:
    path = project / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def git(folder: Path, *args: str, code: int = 0) -> None:
    name = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *name, *args], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_broken_lock_file_is_an_error_of_check(midwatch: Run, generated: Path) -> None:
    raw = (generated / LOCK).read_bytes()
    (generated / LOCK).write_bytes(raw[: len(raw) // 2])
    for args in (["check", "--only", "generated-files"], ["generate"], ["diff"], ["resolve"]):
        outcome = midwatch(*args, cwd=generated)
        assert outcome.code == (1 if args[0] == "check" else 2), args
        assert f"{LOCK} cannot be used" in outcome.out + outcome.err, args


def test_without_its_state_a_project_is_known_and_the_way_back_is_told(midwatch: Run, generated: Path) -> None:
    edit(generated, "restart: unless-stopped", "restart: always")
    shutil.rmtree(generated / ".midwatch")
    for args in (["generate"], ["generate", "--dry-run"], ["diff"]):
        outcome = midwatch(*args, cwd=generated)
        assert outcome.code == 2
        assert "look generated, but .midwatch/lock.json is missing" in outcome.err
        assert "git checkout .midwatch" in outcome.err
    outcome = midwatch("resolve", cwd=generated)
    assert (outcome.code, "or .midwatch is lost" in outcome.err) == (2, True)
    outcome = midwatch("generate", "--force", cwd=generated)
    assert outcome.code == 0, outcome.err
    assert "replaced  compose.yaml" in outcome.out
    assert "a copy of each edit goes to .midwatch/replaced/: compose.yaml" in outcome.err
    assert "restart: always" in (generated / ".midwatch/replaced/compose.yaml").read_text()
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0


def test_two_branches_that_both_generated(midwatch: Run, generated: Path) -> None:
    git(generated, "init", "-q", "-b", "main")
    git(generated, "add", "-A")
    git(generated, "commit", "-qm", "generated")
    git(generated, "switch", "-qc", "other")
    more = {"other": ("#alerts", "#night"), "main": ("name: demo", "name: demo\nretention: {logs: 14d}")}
    for branch, (old, new) in more.items():
        git(generated, "switch", "-q", branch)
        edit(generated, old, new, "stack.yaml")
        assert midwatch("generate", cwd=generated).code == 0
        git(generated, "commit", "-qam", branch)
    git(generated, "merge", "-q", "other", code=1)
    assert "<<<<<<<" in (generated / LOCK).read_text()
    assert "<<<<<<<" not in (generated / "stack.yaml").read_text()
    outcome = midwatch("generate", cwd=generated)
    assert (outcome.code, "holds the markers of a git merge" in outcome.err) == (2, True), outcome.err
    assert "git checkout HEAD -- .midwatch" in outcome.err
    git(generated, "checkout", "HEAD", "--", ".midwatch")
    assert midwatch("generate", cwd=generated).code == 0
    git(generated, "add", "--all", ".")
    git(generated, "commit", "-qm", "merged")
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0
    assert "#night" in (generated / "alertmanager/alertmanager.yml").read_text()


def test_a_new_project_keeps_its_state_out_of_merges(midwatch: Run, tmp_path: Path) -> None:
    assert midwatch("init", "x", "--defaults", cwd=tmp_path).code == 0
    git(tmp_path / "x", "init", "-q")
    done = subprocess.run(
        ["git", "check-attr", "merge", LOCK, "stack.yaml"],
        cwd=tmp_path / "x",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{LOCK}: merge: unset", "stack.yaml: merge: unspecified"]


def test_a_dry_run_does_not_send_to_conflicts_that_are_not_there_yet(midwatch: Run, generated: Path) -> None:
    edit(generated, "#alerts", "#mine", "alertmanager/alertmanager.yml")
    edit(generated, "#alerts", "#night", "stack.yaml")
    said = midwatch("generate", "--dry-run", cwd=generated).err
    assert "next: run 'midwatch generate', then settle the conflict" in said
    assert "next: settle the conflict" in midwatch("generate", cwd=generated).err
    assert midwatch("resolve", "1", "--ours", cwd=generated).code == 0
    assert "only the list of conflicts is as before\n" in midwatch("undo", cwd=generated).err


def test_undo_tells_what_it_took_back(midwatch: Run, generated: Path) -> None:
    """Only after a ``generate`` is there something that the next one writes again."""
    edit(generated, "#alerts", "#mine", "alertmanager/alertmanager.yml")
    assert midwatch("resolve", "./alertmanager/alertmanager.yml", "--theirs", cwd=generated).code == 0
    assert midwatch("undo", cwd=generated).err == "1 file is as before\n"
    edit(generated, "#mine", "#alerts", "alertmanager/alertmanager.yml")
    (generated / "stack.yaml").write_text(SPEC + "retention: {metrics: 3d}\n")
    assert midwatch("generate", cwd=generated).code == 0
    assert "stack.yaml stays, so the next 'generate' writes again" in midwatch("undo", cwd=generated).err
    (generated / "stack.yaml").write_text(SPEC)
    edit(generated, "          pids: 128\n", "          pids: 129\n")
    assert midwatch("adopt", "--yes", cwd=generated).code == 0
    assert midwatch("generate", cwd=generated).code == 0
    assert "only the copy of what was generated is as before; stack.yaml stays" in midwatch("undo", cwd=generated).err


def test_many_updated_files_are_one_line(midwatch: Run, generated: Path) -> None:
    (generated / "stack.yaml").write_text(SPEC + "runbooks: {language: de}\n")
    out = midwatch("generate", cwd=generated).out
    assert "updated   runbooks/ (" in out
    assert "updated   runbooks/RedisDown.md" not in out


def test_a_file_that_may_not_be_written_stays_so(midwatch: Run, generated: Path) -> None:
    (generated / "compose.yaml").chmod(0o444)
    (generated / "stack.yaml").write_text(SPEC + "retention: {metrics: 3d}\n")
    assert "updated   compose.yaml" in midwatch("generate", cwd=generated).out
    assert (generated / "compose.yaml").stat().st_mode & 0o777 == 0o444


def test_a_file_that_nobody_edited_cannot_be_adopted(midwatch: Run, generated: Path) -> None:
    outcome = midwatch("adopt", "nofile.yml", cwd=generated)
    assert (outcome.code, "nofile.yml was not edited by hand" in outcome.err) == (2, True)
