"""Each judge with its real program: passes on the good stack, and names file and line of a mistake.

Programs are found by PATH (and beside this interpreter) alone; a judge whose program is missing is skipped by name.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.check import programs, run, stack
from midwatch.check.finding import CheckResult, Finding
from midwatch.check.judge import all_judges
from tests.check.conftest import edit
from tests.conftest import EXAMPLES


@dataclass(frozen=True)
class Case:
    """One mistake and what its judge says of it."""

    judge: str
    file: str
    old: str
    new: str
    words: str
    line: int
    severity: str = "error"


PROMETHEUS, RULES = "prometheus/prometheus.yml", "prometheus/rules/redis.yml"
CASES = [
    Case(
        "yamllint",
        "loki/loki.yaml",
        "auth_enabled: false\n",
        "auth_enabled: false\nauth_enabled: true\n",
        "duplication",
        2,
    ),
    Case("yamllint", "loki/loki.yaml", "auth_enabled: false\n", "auth_enabled: false  \n", "trailing", 1, "warning"),
    Case("compose", "compose.yaml", "memory: 576m", "memory: lots", "lots", 194),
    Case("compose", "compose.yaml", "      - docker-api\n", "      - dockr-api\n", "dockr-api", 281),
    Case(
        "compose",
        "compose.yaml",
        "redis://redis:6379",
        "redis://${REDIS_HOST}:6379",
        "REDIS_HOST is not set",
        218,
        "warning",
    ),
    Case("promtool-config", PROMETHEUS, "evaluation_interval", "evaluation_intervall", "evaluation_intervall", 3),
    Case("promtool-config", PROMETHEUS, "evaluation_interval: 15s", "evaluation_interval: 15 s", "duration", 0),
    Case("promtool-config", RULES, "for: 15s", "for: 15", "not a valid duration", 0),
    Case("promtool-rules", RULES, "== 0 or", "=== 0 or", "could not parse expression", 5),
    Case("promtool-rules", RULES, "alert: RedisDown", "alertt: RedisDown", "field alertt not found", 4),
    Case("promtool-tests", "prometheus/tests/redis.test.yml", "1 1 0x20", "1 1 1x20", "fires when redis is gone", 7),
    Case(
        "promtool-tests",
        "prometheus/tests/watchdog.test.yml",
        'firing", severity="info"',
        'firing", severity="none"',
        "always fires: expr",
        11,
    ),
    Case("promtool-tests", RULES, "== 0 or", "== 5 or", "RedisDown", 7),
    Case("amtool-config", "alertmanager/alertmanager.yml", "group_wait", "group_wat", "field group_wat not found", 11),
    Case("amtool-config", "alertmanager/alertmanager.yml", "receiver: slack-critical", "receiver: pager", "pager", 0),
    Case("amtool-config", "alertmanager/templates/slack.tmpl", "{{ end }}{{ end }}", "{{ end }", "slack.tmpl", 0),
    Case(
        "amtool-routes",
        "alertmanager/alertmanager.yml",
        'severity="critical"]\n\nrec',
        'severity="criticl"]\n\nrec',
        "severity=critical} goes to slack, not to slack-critical",
        1,
    ),
    Case("otelcol", "otel-collector/config.yaml", "limit_mib: 180", "limit_mb: 180", "limit_mb", 10),
    Case("otelcol", "otel-collector/config.yaml", "  batch: {}", "  bacth: {}", "bacth", 18),
    Case("otelcol", "otel-collector/config.yaml", "replace_pattern(body", "replace_patern(body", "replace_patern", 12),
    Case("loki", "loki/loki.yaml", "retention_enabled", "retention_enabld", "retention_enabld", 31),
    Case("redis", "redis/redis.conf", "maxmemory 256mb", "maxmemroy 256mb", "maxmemroy", 6),
    Case("redis", "redis/redis.conf", "appendfsync everysec", "appendfsync hourly", "appendfsync", 9),
    Case("caddy", "gateway/Caddyfile", "respond /healthz", "resspond /healthz", "resspond", 12),
    Case("shellcheck", "ops", "docker compose ps ;;", "docker compose ps $undefined_one ;;", "SC2154", 5),
    Case("links", "runbooks/RedisDown.md", "Watchdog.md#what-it-means", "Watchdog.md#what", "no heading 'what'", 3),
    Case("links", "runbooks/RedisDown.md", "(Watchdog.md", "(Watchdogs.md", "no such file", 3),
]


def judge(folder: Path, name: str) -> tuple[CheckResult, tuple[Finding, ...]]:
    """Run one judge; the test is skipped by name when its program is nowhere."""
    report = run.run(stack.read(folder), rules=False, only={name})
    (result,) = report.judges
    if result.status == "skipped":
        pytest.skip(f"judge {name}: {result.reason}")
    return result, tuple(finding for finding in report.findings if finding.id == name)


# The webhook's has a test file of its own: it asks an address, and runs no program.
OF_FILES = [one.id for one in all_judges() if one.id != "webhook"]


def test_every_judge_has_a_case() -> None:
    assert {case.judge for case in CASES} == set(OF_FILES)


@pytest.mark.parametrize("name", OF_FILES)
def test_the_good_stack_passes(good: Path, name: str) -> None:
    result, found = judge(good, name)
    assert (result.status, found) == ("passed", ())
    assert result.program


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.judge}-{case.words.split()[0]}-{case.line}")
def test_a_mistake_is_named_with_its_place(good: Path, case: Case) -> None:
    edit(good, case.file, case.old, case.new)
    result, found = judge(good, case.judge)
    mine = [finding for finding in found if case.words in finding.message]
    assert mine, found
    assert mine[0].severity == case.severity
    assert result.status == ("failed" if case.severity == "error" else "passed")
    if case.line:
        assert mine[0].line == case.line
        assert mine[0].file == (
            "prometheus/tests/redis.test.yml"
            if case.judge == "promtool-tests" and case.file == RULES
            else "alertmanager/routes.test.yaml"
            if case.judge == "amtool-routes"
            else case.file
        )
    assert "/tmp/" not in mine[0].message, "a temporary path is no help to anybody"


def test_no_judge_needs_a_secret_and_none_is_shown_one(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real secrets cannot even be read while the judges run."""
    shutil.rmtree(good / "secrets")
    report = run.run(stack.read(good), rules=False)
    assert [finding for finding in report.findings if finding.severity == "error"] == []


def test_a_judge_without_anything_to_judge_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: nginx:1.27.0\n")
    report = run.run(stack.read(tmp_path), rules=False)
    states = {result.id: result.status for result in report.judges}
    assert {states[name] for name in ("promtool-config", "redis", "loki", "caddy", "links", "shellcheck")} == {
        "nothing"
    }
    assert not {result.id for result in report.skipped} - {"compose", "yamllint"}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("otelcol", "otel-collector/config.yaml"),
        ("loki", "loki/loki.yaml"),
        ("promtool-config", "prometheus/prometheus.yml"),
        ("amtool-config", "alertmanager/alertmanager.yml"),
    ],
)
def test_of_a_file_that_cannot_be_read_it_is_said_that_it_was_not_judged(tmp_path: Path, name: str, file: str) -> None:
    demo = shutil.copytree(EXAMPLES / "sva-studio" / "generated", tmp_path / "demo")
    with (demo / file).open("a") as end:
        end.write("x: [\n")
    result, _ = judge(demo, name)
    assert result.status == "nothing"
    assert result.reason.startswith(f"not judged: {file}:")


def test_without_any_program_every_judge_is_skipped_with_a_reason(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "search_path", lambda: str(tmp_path))
    report = run.run(stack.read(good), rules=False)
    skipped = {result.id: result.reason for result in report.skipped}
    assert set(skipped) == set(OF_FILES) - {"links", "yamllint"}
    assert all("PATH" in reason for reason in skipped.values())


def test_a_shell_less_redis_of_another_name_is_found(good: Path) -> None:
    edit(good, "compose.yaml", "docker.io/library/redis:8.0.6", "docker.io/valkey/valkey:9.1.2")
    edit(good, "compose.yaml", "[redis-server,", "[valkey-server,")
    result, found = judge(good, "redis")
    assert found == ()
    assert "valkey-server" in result.program


FAKE_LOKI = """
case "$*" in
  -version) echo 'loki, version 3.7.4 (branch: HEAD, revision: abc)' ;;
  *-config.file=*)
    file=$(printf '%s' "$2" | cut -d= -f2)
    if grep -q retention_enabld "$file"; then
      echo "failed parsing config: $file: yaml: unmarshal errors:" >&2
      echo "  line 31: field retention_enabld not found in type compactor.Config. Use -config.expand-env=true" >&2
      exit 1
    fi ;;
esac
"""


def test_lokis_messages_are_understood(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not Loki itself: a script that answers as Loki does, for machines that have none."""
    program = tmp_path / "loki"
    program.write_text("#!/bin/sh" + FAKE_LOKI)
    program.chmod(0o755)
    usual = programs.search_path()
    monkeypatch.setattr(programs, "search_path", lambda: f"{tmp_path}:{usual}")
    result, found = judge(good, "loki")
    assert (result.status, found, result.version) == ("passed", (), "3.7.4")
    edit(good, "loki/loki.yaml", "retention_enabled", "retention_enabld")
    result, (finding,) = judge(good, "loki")
    assert (result.status, finding.where) == ("failed", "loki/loki.yaml:31")
    assert finding.message.startswith("field retention_enabld not found")


def test_redis_loads_no_module_and_talks_to_nobody(good: Path, tmp_path: Path) -> None:
    edit(
        good, "redis/redis.conf", "dir /data\n", f"dir /data\nloadmodule {tmp_path}/evil.so\nreplicaof 192.0.2.1 6379\n"
    )
    _, found = judge(good, "redis")
    assert found == ()
