"""``midwatch adopt`` as a user calls it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from midwatch.check.finding import Blocker
from tests.adopt.test_foreign import OLD
from tests.cli.conftest import Run
from tests.cli.test_diff import replace


@pytest.fixture
def edited(project: Path, midwatch: Run) -> Path:
    """A generated project with three hand edits, one of which cannot be adopted."""
    assert midwatch("-C", project, "generate").code == 0
    replace(project / "compose.yaml", "    stop_grace_period: 30s\n", "    stop_grace_period: 40s\n")
    replace(project / "loki/loki.yaml", "retention_period: 168h", "retention_period: 720h")
    replace(project / "runbooks/RedisDown.md", "## ", "Call Eva.\n\n## ")
    return project


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "busy"
    }


def test_a_dry_run_shows_all_and_writes_nothing(edited: Path, midwatch: Run) -> None:
    before = files(edited)
    done = midwatch("-C", edited, "adopt", "--dry-run")
    assert done.code == 0
    assert "grace period 30s → 40s (by hand) → extra/adopted-compose.yaml\n" in done.out
    assert "loki retention 168h → 720h (by hand) → retention.logs\n" in done.out
    assert "RedisDown.md: 2 lines added (by hand): the spec cannot say the text of a runbook\n" in done.out
    assert "\n+++ stack.yaml\n" in done.out
    assert "\n+retention:\n+  logs: 30d\n" in done.out
    assert files(edited) == before


def test_without_a_terminal_nothing_is_written_unasked(edited: Path, midwatch: Run) -> None:
    before = files(edited)
    done = midwatch("-C", edited, "adopt")
    assert done.code == 2
    assert "--yes" in done.err
    assert files(edited) == before


def test_adopted_and_generated_nothing_is_left_but_what_cannot_be_said(edited: Path, midwatch: Run) -> None:
    done = midwatch("-C", edited, "adopt", "--yes")
    assert done.code == 0
    assert "next: midwatch generate" in done.err
    assert midwatch("-C", edited, "generate").code == 0
    after = midwatch("-C", edited, "diff")
    said = "runbooks/RedisDown.md: 2 lines added (by hand)"
    assert (after.code, after.out) == (0, f"by hand\n  {said}\n")
    again = midwatch("-C", edited, "adopt", "--dry-run")
    assert again.out == f"stays a hand edit\n  {said}: the spec cannot say the text of a runbook\n"


def test_only_one_file(edited: Path, midwatch: Run) -> None:
    done = midwatch("-C", edited, "adopt", "--yes", "loki/loki.yaml")
    assert done.code == 0
    assert not (edited / "extra").exists()
    assert "logs: 30d" in (edited / "stack.yaml").read_text()
    assert midwatch("-C", edited, "adopt", "--dry-run", "ops").code == 2


def test_what_was_there_before_is_kept(edited: Path, midwatch: Run) -> None:
    before = (edited / "stack.yaml").read_bytes()
    midwatch("-C", edited, "adopt", "--yes")
    assert (edited / ".midwatch/replaced/stack.yaml").read_bytes() == before


def test_undo_takes_an_adoption_back(edited: Path, midwatch: Run) -> None:
    (edited / "stack.yaml").chmod(0o640)
    before = {path: data for path, data in files(edited).items() if not path.startswith(".midwatch/undo/")}
    midwatch("-C", edited, "adopt", "--yes")
    assert (edited / "stack.yaml").stat().st_mode & 0o777 == 0o640
    after = files(edited)
    told = midwatch("-C", edited, "undo", "--dry-run")
    assert (told.code, told.out) == (1, "removed   extra/adopted-compose.yaml\nrestored  stack.yaml\n")
    assert told.err == "2 files would be as before\n"
    assert files(edited) == after
    assert midwatch("-C", edited, "undo").code == 0
    assert {path: data for path, data in files(edited).items() if not path.startswith(".midwatch/undo/")} == before
    assert (edited / "stack.yaml").stat().st_mode & 0o777 == 0o640
    assert not (edited / "extra").exists()


def test_an_adoption_that_somebody_went_on_from_is_not_taken_back(edited: Path, midwatch: Run) -> None:
    midwatch("-C", edited, "adopt", "--yes")
    replace(edited / "stack.yaml", "logs: 30d", "logs: 31d")
    done = midwatch("-C", edited, "undo")
    assert done.code == 2
    assert "stack.yaml: changed since" in done.err
    assert "logs: 31d" in (edited / "stack.yaml").read_text()


def test_an_adopted_conflict_is_settled(edited: Path, midwatch: Run) -> None:
    replace(edited / "redis/redis.conf", "maxmemory-policy noeviction", "maxmemory-policy volatile-ttl")
    replace(edited / "stack.yaml", "name: demo\n", "name: demo\nretention: {logs: 14d}\nredis: {use: cache}\n")
    assert midwatch("-C", edited, "generate").code == 1
    left = [one["key"] for one in json.loads(midwatch("-C", edited, "resolve", "--format", "json").out)["conflicts"]]
    assert left == ["limits_config.retention_period", ""]
    said = midwatch("-C", edited, "adopt", "--dry-run").out
    assert "settled by that\n  conflict loki/loki.yaml:" in said
    assert ": limits_config.retention_period\n" in said
    value = json.loads(midwatch("-C", edited, "adopt", "--yes", "--format", "json").out)
    assert [one["key"] for one in value["settled"]] == ["limits_config.retention_period"]
    # What stays a hand edit stays a conflict.
    rest = json.loads(midwatch("-C", edited, "resolve", "--format", "json").out)["conflicts"]
    assert [one["file"] for one in rest] == ["redis/redis.conf"]
    assert midwatch("-C", edited, "resolve", "--all", "--ours").code == 0
    assert midwatch("-C", edited, "generate").code == 0
    assert "retention_period: 720h" in (edited / "loki/loki.yaml").read_text()


def test_undo_brings_the_conflict_back_too(edited: Path, midwatch: Run) -> None:
    replace(edited / "stack.yaml", "name: demo\n", "name: demo\nretention: {logs: 14d}\n")
    midwatch("-C", edited, "generate")
    midwatch("-C", edited, "adopt", "--yes")
    assert midwatch("-C", edited, "resolve").code == 0
    assert not (edited / ".midwatch/conflicts.yaml").exists()
    assert midwatch("-C", edited, "undo").code == 0
    assert midwatch("-C", edited, "resolve").code == 1


def test_an_edit_that_re_opens_a_blocker_is_adopted_with_a_word(edited: Path, midwatch: Run) -> None:
    replace(edited / "compose.yaml", "    stop_grace_period: 40s\n", "")
    out = midwatch("-C", edited, "adopt", "--dry-run").out
    assert "(by hand): re-opens warning 3 → extra/adopted-compose.yaml\n" in out
    assert "stop_grace_period: !reset null" in out


def test_what_an_adopted_decision_leaves_open_is_told_at_each_generate(edited: Path, midwatch: Run) -> None:
    replace(edited / "compose.yaml", "    stop_grace_period: 40s\n", "")
    replace(edited / "compose.yaml", "services:\n", "services:\n  grafana:\n    image: grafana/grafana:12.3.0\n")
    midwatch("-C", edited, "adopt", "--yes", "compose.yaml")
    for _ in range(2):
        done = midwatch("-C", edited, "generate")
        (line,) = [line for line in done.err.splitlines() if line.startswith("adopted decisions still open: ")]
        assert "extra/adopted-compose.yaml:" in line
        assert "more ('midwatch check' tells more)" in line
    found = json.loads(midwatch("-C", edited, "generate", "--format", "json").out)["adopted_open"]
    assert {"stop-grace-period", "memory-limit"} <= {one["id"] for one in found}
    assert {one["file"] for one in found} == {"extra/adopted-compose.yaml"}
    lines = [list(Blocker).index(one["blocker"]) for one in found]
    assert lines == sorted(lines), "the gravest first: three are told"
    assert json.loads(midwatch("-C", edited, "generate", "--format", "json").out)["reopened"] == []


def test_nothing_to_adopt(project: Path, midwatch: Run) -> None:
    midwatch("-C", project, "generate")
    done = midwatch("-C", project, "adopt")
    assert (done.code, done.out, done.err) == (0, "", "nothing was edited by hand\n")


def test_as_json(edited: Path, midwatch: Run) -> None:
    value = json.loads(midwatch("-C", edited, "adopt", "--dry-run", "--format", "json").out)
    assert value["written"] is False
    assert [one["by"] for one in value["adopted"]] == ["extra/adopted-compose.yaml", "retention.logs"]
    assert [one["file"] for one in value["kept"]] == ["runbooks/RedisDown.md"]
    assert sorted(value["files"]) == ["extra/adopted-compose.yaml", "stack.yaml"]


def test_a_foreign_stack(tmp_path: Path, midwatch: Run) -> None:
    shutil.copytree(OLD, tmp_path / "old")
    new = tmp_path / "new"
    new.mkdir()
    shown = midwatch("-C", new, "adopt", "--from", tmp_path / "old", "--dry-run")
    assert shown.code == 0
    assert "name: shop-monitoring #" in shown.out
    assert "docker-compose.yml:55:3: service promtail: Promtail is at its end of life" in shown.out
    assert "Blocker 4: no runbooks: " in shown.out
    # What is open in the new stack too is told with what to do.
    assert "\n    until you set backup.destination in stack.yaml: " in shown.out.partition("Blocker 2: ")[2]
    assert not list(new.iterdir())
    assert midwatch("-C", new, "adopt", "--from", tmp_path / "old", "--yes").code == 0
    assert midwatch("-C", new, "generate").code == 0
    assert midwatch("-C", new, "diff", "--exit-code").code == 0


def test_a_foreign_stack_is_laid_out_as_a_new_project(tmp_path: Path, midwatch: Run) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "README.md").write_text("mine\n")
    done = midwatch("-C", new, "adopt", "--from", OLD, "--yes", "--format", "json")
    assert done.code == 0, done.err
    assert {"stack.yaml", ".gitignore", ".github/workflows/midwatch.yml"} <= set(json.loads(done.out)["created"])
    assert "README.md" not in json.loads(done.out)["created"]
    assert (new / "README.md").read_text() == "mine\n"
    assert (new / "stack.yaml").read_text().startswith("# Proposed by midwatch")
    assert 'slack_channel: "#shop-alerts"' in (new / ".copier-answers.yml").read_text()
    subprocess.run(["git", "-C", new, "init", "-q"], check=True)
    ignored = subprocess.run(["git", "-C", new, "check-ignore", "secrets/slack_webhook_url"], check=False)
    assert ignored.returncode == 0, "a secret would be committed"


def test_a_foreign_stack_is_never_written_over(tmp_path: Path, midwatch: Run) -> None:
    old = shutil.copytree(OLD, tmp_path / "old")
    before = files(tmp_path)
    assert midwatch("-C", old, "adopt", "--from", old, "--yes").code == 2
    nowhere = midwatch("-C", old, "adopt", "--from", tmp_path / "nowhere", "--yes")
    assert nowhere.code == 2
    assert "nowhere is not a folder" in nowhere.err and "midwatch generate" not in nowhere.err
    assert files(tmp_path) == before


def test_a_foreign_stack_as_json(tmp_path: Path, midwatch: Run) -> None:
    value = json.loads(midwatch("-C", tmp_path, "adopt", "--from", OLD, "--dry-run", "--format", "json").out)
    assert value["written"] is False
    assert value["spec"].startswith("# Proposed by midwatch")
    assert {"key": "retention.logs", "why": "limits_config.retention_period", "file": "loki/loki.yaml", "line": 2} in (
        value["taken"]
    )
    assert any(one["what"] == "service worker" for one in value["left"])
