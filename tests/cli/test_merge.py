"""`generate` over hand edits, `resolve` and `undo`, from the spec to the disk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from midwatch.check import run, stack
from tests.cli.conftest import SPEC, Run, on_a_terminal

KEY = "services.alertmanager.deploy.resources.limits.memory"


@pytest.fixture
def generated(midwatch: Run, project: Path) -> Path:
    assert midwatch("generate", cwd=project).code == 0
    return project


def edit(project: Path, old: str, new: str) -> None:
    path = project / "compose.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def limit(project: Path) -> str:
    """Alertmanager's memory limit, the first of the file."""
    lines = (project / "compose.yaml").read_text().split("\n")
    return next(line for line in lines if line.startswith("          memory: "))


@pytest.fixture
def conflicting(midwatch: Run, generated: Path) -> Path:
    """One conflict (the memory limit), and one hand edit that is merged (a comment)."""
    old = limit(generated)
    edit(generated, old, "          memory: 999m # OPS-1")
    (generated / "stack.yaml").write_text(SPEC + "host: {cpus: 8, memory: 16GiB, disk: 200GiB}\n")
    outcome = midwatch("generate", cwd=generated)
    assert outcome.code == 1, outcome.out
    assert "conflict  compose.yaml" in outcome.out
    return generated


def test_a_conflict_is_listed_with_its_place_and_three_values(midwatch: Run, conflicting: Path) -> None:
    line = (conflicting / "compose.yaml").read_text().split("\n").index("          memory: 999m # OPS-1") + 1
    for args in (["generate"], ["resolve"]):
        outcome = midwatch(*args, cwd=conflicting)
        assert outcome.code == 1
        assert f"conflict 1 compose.yaml:{line}:11: {KEY}" in outcome.out
        assert "999m" in outcome.out
    (found,) = json.loads(midwatch("resolve", "--format", "json", cwd=conflicting).out)["conflicts"]
    assert (found["file"], found["line"], found["key"], found["ours"]) == ("compose.yaml", line, KEY, "999m")
    assert found["base"] != found["theirs"]
    assert json.loads(midwatch("generate", "--format", "json", cwd=conflicting).out)["conflicts"] == [found]
    (kept,) = YAML(typ="safe").load(conflicting / ".midwatch/conflicts.yaml")["conflicts"]
    assert {**kept, "path": KEY.split("."), "why": "both sides changed it"} == {**found, "path": kept["path"]}


def test_it_is_an_error_of_check_until_it_is_settled(midwatch: Run, conflicting: Path) -> None:
    outcome = midwatch("check", "--only", "conflict-settled", cwd=conflicting)
    assert outcome.code == 1
    assert KEY in outcome.out
    assert midwatch("resolve", "1", "--ours", cwd=conflicting).code == 0
    assert midwatch("check", "--only", "conflict-settled", cwd=conflicting).code == 0
    assert midwatch("generate", cwd=conflicting).code == 0
    assert "999m" in limit(conflicting)


def test_theirs_a_value_and_undo(midwatch: Run, conflicting: Path) -> None:
    assert midwatch("resolve", "compose.yaml", "--theirs", cwd=conflicting).code == 0
    assert "999m" not in limit(conflicting)
    assert "# OPS-1" in limit(conflicting)
    assert midwatch("undo", cwd=conflicting).code == 0
    assert midwatch("resolve", "--all", "--value", "555m", cwd=conflicting).code == 0
    assert limit(conflicting) == "          memory: 555m # OPS-1"


def test_a_link_and_a_broken_file_are_conflicts_as_a_whole(midwatch: Run, generated: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text("mine\n")
    other.chmod(0o755)
    (generated / "alertmanager/alertmanager.yml").unlink()
    (generated / "alertmanager/alertmanager.yml").symlink_to(other)
    (generated / "loki/loki.yaml").write_text("auth_enabled: [\n")
    spec = SPEC.replace("#alerts", "#night") + "retention: {logs: 14d}\n"
    (generated / "stack.yaml").write_text(spec)
    out = midwatch("generate", cwd=generated).out
    assert "conflict 1 alertmanager/alertmanager.yml: it is a link now\n" in out
    assert "it cannot be merged: is not valid YAML" in out
    assert "a hand edit re-opens Warning 2\n  alertmanager/alertmanager.yml: is a link now" in out
    assert "\n  loki/loki.yaml:2:1: is not valid YAML" in out
    said = midwatch("check", "--only", "conflict-settled", cwd=generated).out
    assert "error: what is generated now is not in the file: it is a link now" in said
    done = midwatch("resolve", "--all", "--theirs", cwd=generated)
    assert done.code == 0
    assert "settled alertmanager/alertmanager.yml: the whole file: theirs" in done.err
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0
    assert other.read_text() == "mine\n"


def test_bad_answers(midwatch: Run, conflicting: Path) -> None:
    for args in (["--ours"], ["7", "--ours"], ["1", "--ours", "--value", "1"], ["1", "--value", "{"]):
        assert midwatch("resolve", *args, cwd=conflicting).code == 2, args
    assert "999m" in limit(conflicting)


def test_undo_brings_back_the_state_before_the_last_generate(midwatch: Run, generated: Path) -> None:
    edit(generated, "restart: unless-stopped", "restart: always")
    before = (generated / "compose.yaml").read_bytes()
    (generated / "stack.yaml").write_text(SPEC + "retention: {metrics: 3d}\n")
    midwatch("generate", cwd=generated)
    assert (generated / "compose.yaml").read_bytes() != before
    listed = json.loads(midwatch("undo", "--dry-run", "--format", "json", cwd=generated).out)["files"]
    assert "compose.yaml" in listed
    outcome = midwatch("undo", cwd=generated)
    assert outcome.code == 0
    assert "restored  compose.yaml" in outcome.out
    assert (generated / "compose.yaml").read_bytes() == before
    assert midwatch("undo", cwd=generated).code == 2


def test_undo_refuses_when_something_came_later(midwatch: Run, generated: Path) -> None:
    edit(generated, "name: ", "# later\nname: ")
    outcome = midwatch("undo", cwd=generated)
    assert outcome.code == 2
    assert "compose.yaml: changed since" in outcome.err


@pytest.mark.parametrize("args", [["generate"], ["generate", "--dry-run"]])
def test_a_hand_edit_that_reopens_a_blocker_is_kept_and_named(midwatch: Run, generated: Path, args: list[str]) -> None:
    old = limit(generated)
    edit(generated, f"{old}\n", "")
    outcome = midwatch(*args, cwd=generated)
    assert outcome.code == 1
    assert "a hand edit re-opens Blocker 3\n" in outcome.out
    assert "memory limit" in outcome.out
    assert limit(generated) != old
    document = json.loads(midwatch(*args, "--format", "json", cwd=generated).out)
    assert "blocker-3" in {one["blocker"] for one in document["reopened"]}


RED = "\x1b[31m"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["generate"], f"{RED}a hand edit re-opens Blocker 3"),
        (["diff"], f"{RED}re-opened by hand: Blocker 3: "),
        (["check", "--only", "memory-limit"], f"{RED}Blocker 3"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_all_three_name_it_in_red_on_a_terminal(generated: Path, args: list[str], line: str) -> None:
    edit(generated, f"{limit(generated)}\n", "")
    outcome = on_a_terminal(*args, cwd=generated)
    assert (outcome.code, line in outcome.out) == (1, True), outcome.out
    assert "\x1b[3" not in on_a_terminal(*args, cwd=generated, env={"NO_COLOR": "1"}).out


def test_an_innocent_hand_edit_is_no_finding(midwatch: Run, generated: Path) -> None:
    edit(generated, "name: ", "# mine\nname: ")
    assert midwatch("generate", cwd=generated).code == 0


OPENED = {
    "READINESS.md": ("info", "", "does not bring it back"),
    "runbooks/upgrade.md": ("warning", "", "does not bring it back"),
    "prometheus/rules/redis.yml": ("error", "Blocker 1", "alerts (RedisAofFailing, "),
    "ops": ("error", "Blocker 4", "needed for commands on "),
    "ops.d/backup.sh": ("error", "Blocker 4", "./ops reads it, and is needed for commands on "),
    "loki/loki.yaml": ("error", "Warning 2", "its folder is mounted in loki, backup-loki"),
}


@pytest.mark.parametrize("path", OPENED)
def test_a_removed_file_stays_away_and_all_three_say_what_that_opens(midwatch: Run, generated: Path, path: str) -> None:
    severity, line, words = OPENED[path]
    (generated / path).unlink()
    found = run.run(stack.read(generated, use_compose=False), judges=False, only=["generated-files"]).findings
    assert [(finding.severity, finding.file, words in finding.message) for finding in found] == [(severity, path, True)]
    for args in (["generate"], ["generate", "--dry-run"], ["diff"]):
        outcome = midwatch(*args, cwd=generated)
        assert outcome.code == (1 if line else 0), args
        assert f"re-opens {line}\n" in outcome.out or f"re-opened by hand: {line}: " in outcome.out or not line
        assert f"{path}: {words}" in outcome.out or f" {words}" in outcome.out or not line
    assert not (generated / path).exists()
    assert f"stays away: {path}; what was generated is in .midwatch/base/" in midwatch("generate", cwd=generated).err
    shutil.copy(generated / ".midwatch/base" / path, generated / path)
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0


def test_without_the_compose_file_there_is_no_stack_and_all_three_say_so(midwatch: Run, generated: Path) -> None:
    (generated / "compose.yaml").unlink()
    for args in (["generate"], ["generate", "--dry-run"], ["diff"]):
        outcome = midwatch(*args, cwd=generated)
        assert outcome.code == 1, args
        assert "re-opens Blocker 1\n" in outcome.out or "re-opened by hand: Blocker 1: " in outcome.out
        assert "removed by hand, and with it the whole stack" in outcome.out
    outcome = midwatch("check", cwd=generated)
    assert (outcome.code, "'midwatch resolve compose.yaml --theirs' brings it back" in outcome.err) == (2, True)
    assert midwatch("resolve", "compose.yaml", "--theirs", cwd=generated).code == 0
    assert midwatch("diff", "--exit-code", cwd=generated).code == 0


def test_uncommitted_changes_are_said(midwatch: Run, generated: Path) -> None:
    def git(*args: str) -> None:
        name = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *name, *args], cwd=generated, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "generated")
    assert "uncommitted" not in midwatch("generate", cwd=generated).err
    edit(generated, "name: ", "# mine\nname: ")
    for args in (["generate"], ["generate", "--dry-run"]):
        assert "uncommitted changes here (compose.yaml)" in midwatch(*args, cwd=generated).err


SHOP, BLOG = "{name: shop, port: 3000, health: /h, network: shop_default}", "{name: blog, port: 8000}"
RULES = "prometheus/rules/blackbox-exporter.yml"


def waits_longer(project: Path, app: str) -> str:
    """The app's alert with another waiting time, by hand."""
    there = rf'(?s)(AppScrapeFailing\n(?:(?!- alert).)*absent\(up{{job="app-{app}"}}\)\n +for: )\w+'
    text, count = re.subn(there, r"\g<1>5m", (project / RULES).read_text())
    assert count == 1
    (project / RULES).write_text(text)
    return text


def test_an_edited_alert_of_one_app_while_another_one_comes_and_goes(midwatch: Run, project: Path) -> None:
    def spec(*apps: str) -> None:
        (project / "stack.yaml").write_text(SPEC + f"apps: [{', '.join(apps)}]\n")

    spec(SHOP)
    assert midwatch("generate", cwd=project).code == 0
    alone = waits_longer(project, "shop")
    spec(SHOP, BLOG)
    outcome = midwatch("generate", cwd=project)
    assert outcome.code == 0, outcome.out
    both = (project / RULES).read_text()
    assert both.count("- alert: AppScrapeFailing\n") == 2
    assert both.count("for: 5m\n") == alone.count("for: 5m\n")
    spec(SHOP)
    outcome = midwatch("generate", cwd=project)
    assert outcome.code == 0, outcome.out
    assert (project / RULES).read_text() == alone


def test_theirs_takes_an_edited_alert_away_with_its_app(midwatch: Run, project: Path) -> None:
    (project / "stack.yaml").write_text(SPEC + f"apps: [{BLOG}, {SHOP}]\n")
    assert midwatch("generate", cwd=project).code == 0
    waits_longer(project, "blog")
    (project / "stack.yaml").write_text(SPEC + f"apps: [{SHOP}]\n")
    outcome = midwatch("generate", cwd=project)
    assert outcome.out.count("\nconflict 1 ") == 1, outcome.out
    assert "conflict 2" not in outcome.out
    assert midwatch("resolve", "--all", "--theirs", cwd=project).code == 0
    assert (project / RULES).read_text() == (project / ".midwatch/base" / RULES).read_text()
