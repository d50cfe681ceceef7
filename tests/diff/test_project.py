"""Each difference of a project is sorted by who made it, and says what it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.diff import project as projects
from midwatch.diff.model import Explained, Origin
from midwatch.diff.versions import read
from midwatch.errors import TargetError
from midwatch.regenerate.write import preview
from midwatch.render.project import load_project
from tests.diff.conftest import difference, edit, generate, memory

Only = Callable[[], Explained]


def test_nothing_differs_after_generate(project: Path) -> None:
    diff = difference(project)
    assert not diff.changes
    assert not diff.grave


def test_a_limit_beyond_the_budget_is_explained(project: Path, only: Only) -> None:
    old, new = memory(project, "prometheus", 2048)
    one = only()
    assert one.change.origin is Origin.HAND
    assert one.sentence.startswith(
        f"prometheus memory limit {old}MiB → {new}MiB (by hand): re-opens blocker 3: the budget is exceeded by 1."
    )
    assert one.grave


def test_a_limit_within_the_budget_opens_nothing(project: Path, only: Only) -> None:
    old, new = memory(project, "prometheus", 9)
    one = only()
    assert one.sentence == f"prometheus memory limit {old}MiB → {new}MiB (by hand)"
    assert not one.grave


def test_a_line_that_is_gone_is_explained(project: Path, only: Only) -> None:
    edit(project, "compose.yaml", "    stop_grace_period: 30s\n", "", after="\n  otel-collector:\n")
    assert only().sentence == "grace period removed from otel-collector (by hand): re-opens warning 3"


def test_two_limits_that_only_together_fit_no_more_are_both_the_cause(project: Path) -> None:
    memory(project, "prometheus", 500)
    memory(project, "loki", 500)
    memory(project, "node-exporter", 1)
    graves = [one.change.steps[1] for one in difference(project).changes if one.grave]
    assert graves == ["loki", "prometheus"]


def test_a_finding_of_no_single_change_belongs_to_all_together(project: Path) -> None:
    memory(project, "prometheus", 1000)
    memory(project, "loki", 1000)
    diff = difference(project)
    # Each of them alone is already too much, and without either it still is: both are named.
    assert [one.grave for one in diff.changes] == [True, True]
    assert diff.grave


def test_the_place_is_that_in_the_edited_file(project: Path, only: Only) -> None:
    edit(project, "compose.yaml", "name: sva\n", "# one\n# two\nname: sva\n")
    _, new = memory(project, "prometheus", 9)
    where = only().change.where
    line = (project / "compose.yaml").read_text().splitlines()[where.line - 1]
    assert line.strip() == f"memory: {new}m"


STYLE = {
    "another unit": ("compose.yaml", "memory: 48m", "memory: 49152k"),
    "quotes": ("compose.yaml", "stop_grace_period: 30s", 'stop_grace_period: "30s"'),
    "another duration": ("compose.yaml", "stop_grace_period: 1m", "stop_grace_period: 60s"),
    "flow style": ("compose.yaml", "cap_drop:\n      - ALL", "cap_drop: [ALL]"),
    "a comment": ("compose.yaml", "services:\n", "services: # mine\n"),
    "long syntax": ("compose.yaml", "      - ./loki:/etc/loki:ro",
                    "      - {type: bind, source: ./loki, target: /etc/loki, read_only: true}"),
    "duration of a rule": ("prometheus/rules/redis.yml", "for: 2m", "for: 120s"),
}  # fmt: skip


@pytest.mark.parametrize("name", STYLE)
def test_style_is_no_difference(project: Path, name: str) -> None:
    file, old, new = STYLE[name]
    if old not in (project / file).read_text():
        pytest.fail(f"{old!r} is no longer generated: choose another")
    edit(project, file, old, new)
    assert not difference(project).changes


def test_what_the_spec_changes_is_pending(project: Path) -> None:
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    diff = difference(project)
    assert {one.change.origin for one in diff.changes} == {Origin.SPEC}
    sentences = [one.sentence for one in diff.changes]
    assert "loki retention 168h → 336h (from the spec)" in sentences
    assert not diff.grave


def test_the_same_on_both_sides_is_no_conflict(project: Path) -> None:
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    edit(project, "loki/loki.yaml", "retention_period: 168h", "retention_period: 336h")
    (both,) = difference(project).of(Origin.BOTH)
    assert both.sentence == "loki retention 168h → 336h (by hand, and from the spec)"


def test_different_values_on_both_sides_are_a_conflict(project: Path) -> None:
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    edit(project, "loki/loki.yaml", "retention_period: 168h", "retention_period: 240h")
    (conflict,) = difference(project).of(Origin.CONFLICT)
    assert conflict.sentence == "loki retention: was 168h, is 240h by hand, would be 336h now"
    assert (conflict.change.before, conflict.change.after, conflict.change.wanted) == ("168h", "240h", "336h")


DISPUTED = {
    "a value": ("loki/loki.yaml", "retention_period: 168h", "retention_period: 240h"),
    "a value in a list": ("alertmanager/alertmanager.yml", 'channel: "#monitoring-alerts"', 'channel: "#mine"'),
    "a line": ("redis/redis.conf", "\nmaxmemory 268435456", "\nmaxmemory 1"),
    "next to a line": ("redis/redis.conf", "\nmaxmemory 268435456", "\n# mine\nmaxmemory 268435456"),
    "a broken file": ("loki/loki.yaml", "auth_enabled: false", "auth_enabled: ["),
    "something else": ("compose.yaml", "    stop_grace_period: 30s\n", ""),
    "a file": ("loki/loki.yaml", "", None),
    "a page": ("runbooks/RedisDown.md", "", None),
    "a file that is no longer generated": ("alertmanager/routes.test.yaml", "labels:", "labels: # mine"),
}


@pytest.mark.parametrize("name", DISPUTED)
def test_a_conflict_is_one_for_diff_and_for_generate(project: Path, name: str) -> None:
    """One decision: what diff calls a conflict before, generate lists, and nothing else."""
    file, old, new = DISPUTED[name]
    if new is None:
        (project / file).unlink()
    else:
        edit(project, file, old, new)
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    edit(project, "stack.yaml", 'channel: "#monitoring-alerts"', 'channel: "#night"')
    edit(project, "stack.yaml", "memory: 256MiB", "memory: 300MiB")
    loaded = load_project(project)
    tree = dict(loaded.render().tree)
    if "no longer" in name:
        del tree[file]
    told = {(one.change.file, one.change.path) for one in projects.difference(read(project, tree)).of(Origin.CONFLICT)}
    listed = {(one.file, one.path) for one in preview(project, tree).conflicts}
    assert told == listed
    assert bool(told) is (name in ("a value", "a value in a list", "a line", "a broken file"))


def test_after_generate_a_pending_change_is_gone_and_a_hand_edit_stays(project: Path) -> None:
    edit(project, "runbooks/RedisDown.md", "## Escalate", "Call Eva first.\n\n## Escalate")
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    assert difference(project).of(Origin.SPEC)
    (hand,) = difference(project).of(Origin.HAND)
    assert hand.sentence == "runbooks/RedisDown.md: 2 lines added (by hand)"


def test_a_service_of_the_users_own_is_one_change(project: Path, only: Only) -> None:
    edit(project, "compose.yaml", "services:\n", "services:\n  grafana:\n    image: grafana/grafana:latest\n")
    one = only()
    assert one.sentence.startswith("service grafana added (by hand): ")
    assert "loses strength 2" in one.sentence
    assert one.grave


def test_a_file_that_is_gone_is_told(project: Path, only: Only) -> None:
    (project / "runbooks/RedisDown.md").unlink()
    one = only()
    assert one.sentence.startswith("runbooks/RedisDown.md removed (by hand): re-opens blocker 4")
    assert one.grave


def test_a_script_that_cannot_be_run_any_more_is_told(project: Path, only: Only) -> None:
    (project / "ops").chmod(0o644)
    told = "ops: executable → not executable (by hand): re-opens blocker 4: ops is not executable any more"
    assert only().sentence == told


def test_a_link_in_place_of_a_file_is_told(project: Path, only: Only) -> None:
    (project / "redis/redis.conf").unlink()
    (project / "redis/redis.conf").symlink_to("/etc/passwd")
    assert only().sentence.startswith("redis/redis.conf: a file → no regular file (by hand)")


def test_a_single_line_is_shown(project: Path, only: Only) -> None:
    edit(project, "redis/redis.conf", "maxmemory-policy noeviction", "maxmemory-policy allkeys-lru")
    one = only()
    assert one.sentence.startswith(
        "redis/redis.conf: maxmemory-policy noeviction → maxmemory-policy allkeys-lru (by hand): re-opens blocker 5"
    )


def test_of_a_long_line_the_part_is_shown_that_differs(project: Path, only: Only) -> None:
    edit(project, "runbooks/LokiDiskFilling.md", "(now a week)", "(now a month)")
    assert only().sentence == (
        "runbooks/LokiDiskFilling.md: … aml` (now a week), `midwatch … → … aml` (now a month), `midwatch … (by hand)"
    )


def test_a_line_that_came_is_shown(project: Path, only: Only) -> None:
    edit(project, "redis/redis.conf", "\nmaxmemory ", "\n# since the incident\nmaxmemory ")
    assert only().sentence == "redis/redis.conf: 1 line added: # since the incident (by hand)"


def test_yaml_that_cannot_be_read_is_told_by_line_and_is_grave(project: Path, only: Only) -> None:
    edit(project, "prometheus/prometheus.yml", "global:", "global: [")
    one = only()
    assert one.change.lines == (1, 1)
    assert "(by hand): re-opens blocker 1, not judged: is not valid YAML" in one.sentence
    assert "hardening" not in one.sentence
    assert one.grave


def test_nothing_new_comes_into_a_file_that_cannot_be_read(project: Path) -> None:
    """What was edited in it is the conflict; what is pending is in none of the lists, since it does not come."""
    edit(project, "loki/loki.yaml", "auth_enabled: false", "auth_enabled: [")
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    here = [one.change for one in difference(project).changes if one.change.file == "loki/loki.yaml"]
    assert [(one.origin, one.before, one.after) for one in here] == [
        (Origin.CONFLICT, "auth_enabled: false", "auth_enabled: [")
    ]


def test_without_its_compose_file_there_is_still_an_answer(project: Path, only: Only) -> None:
    (project / "compose.yaml").unlink()
    one = only()
    assert one.sentence == (
        "compose.yaml removed (by hand): re-opens blocker 1: removed by hand, and with it the whole stack"
    )
    assert one.grave


def test_files_that_midwatch_did_not_make_are_no_business_of_ours(project: Path) -> None:
    (project / "notes.md").write_text("mine\n")
    assert not difference(project).changes


def test_a_secret_is_not_shown(project: Path, only: Only) -> None:
    edit(project, "compose.yaml", "      GOMEMLIMIT:", "      ADMIN_PASSWORD: hunter22\n      GOMEMLIMIT:")
    assert "hunter22" not in only().sentence


def test_before_the_first_generate_it_says_what_to_do(tmp_path: Path, pristine: Path) -> None:
    (tmp_path / "stack.yaml").write_bytes((pristine / "stack.yaml").read_bytes())
    with pytest.raises(TargetError, match="nothing was generated") as caught:
        read(tmp_path, {})
    assert "generate" in caught.value.hint


def test_a_base_that_somebody_changed_is_refused(project: Path) -> None:
    (project / ".midwatch/base/compose.yaml").write_text("services: {}\n")
    (project / ".midwatch/base/ops").unlink()
    with pytest.raises(TargetError, match="not whole") as caught:
        difference(project)
    assert [(problem.file, problem.message) for problem in caught.value.problems] == [
        (".midwatch/base/compose.yaml", "was changed"),
        (".midwatch/base/ops", "is missing"),
    ]


def test_generate_settles_what_was_pending(project: Path) -> None:
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    generate(project)
    assert not difference(project).changes
