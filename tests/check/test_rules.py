"""Each rule passes on the good stack and fails on a broken one, with the right place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.check import catalogue, exports, run, stack
from midwatch.check.finding import Finding
from midwatch.check.profile import Profile, parse
from midwatch.check.record import parse_record
from midwatch.check.rule import all_rules
from midwatch.check.rules import scrape_coverage
from midwatch.check.stack import Stack
from tests.check.cases import CASES, COMPOSE, PROM, REDIS, Case
from tests.check.conftest import edit, rules_of


@pytest.fixture(autouse=True)
def known_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are tested against facts of their own, not against what the blueprints hold today."""
    known = {
        name: catalogue.Known(name, True, parse_record(record), {})
        for name, record in {
            "redis-exporter": "redis_up gauge -\nredis_errors_total counter err\n",
            "prometheus": "prometheus_ready gauge -\n",
            "node-exporter": "node_load1 gauge -\n",
        }.items()
    }
    for module in (exports, scrape_coverage):
        monkeypatch.setattr(module, "components", lambda: known)


def test_the_good_stack_is_good(good_stack: Stack) -> None:
    assert [finding for finding in rules_of(good_stack) if finding.severity != "info"] == []


def test_every_rule_has_a_case() -> None:
    elsewhere = {"secret-directory", "secret-files", "safety-line", "up-to-date", "webhook-secret"}
    elsewhere |= {
        "conflict-settled",
        "generated-files",
        "generated-services",
        "generated-alerts",
        "scripts-start",
        "network-joined",
        "listen-address",
    }
    assert {case.rule for case in CASES} | elsewhere == {rule.id for rule in all_rules()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.words.replace(' ', '_')}")
def test_a_broken_stack_fails(good: Path, check: Callable[..., tuple[Finding, ...]], case: Case) -> None:
    edit(good, case.file, case.old, case.new, count=-1 if case.rule.startswith("alert-") else 1)
    found = [item for item in check(case.rule) if case.words in item.message and item.service == case.service]
    assert found, f"{case.rule} did not say {case.words!r}: {check(case.rule)}"
    finding = found[0]
    assert finding.severity == "error"
    assert finding.id == case.rule
    assert finding.hint
    assert finding.file == (case.place or case.file)
    if case.service and finding.file == COMPOSE and "max-file" not in case.words:  # that one stands at its anchor
        assert in_service(good, finding.line) == case.service


def test_one_that_an_exporter_is_asked_about_is_scraped(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    asked = 'metrics_path: /scrape\n    params: {target: ["redis://redis-exporter:6379"]}\n'
    edit(good, PROM, "[redis-exporter:9121]", "[node-exporter:9100]")
    assert [finding.service for finding in check("scrape-coverage")] == ["redis-exporter"]
    edit(good, PROM, "job_name: redis-exporter\n", "job_name: redis-exporter\n    " + asked)
    assert check("scrape-coverage") == ()


def in_service(folder: Path, line: int) -> str:
    """The service whose block a line of compose.yaml is in."""
    before = (folder / COMPOSE).read_text().splitlines()[:line]
    names = [
        text.strip().rstrip(":") for text in before if text.startswith("  ") and text[2] not in " -#" and ":" in text
    ]
    return names[-1].partition(":")[0]


def test_an_exception_with_a_reason_is_an_information(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    edit(good, COMPOSE, REDIS, REDIS + '    x-midwatch: {exceptions: {read_only: "it writes its pid"}}\n')
    edit(good, COMPOSE, REDIS + "    x", REDIS + "    x")
    text = (good / COMPOSE).read_text()
    start = text.index(REDIS)
    (good / COMPOSE).write_text(text[:start] + text[start:].replace("    read_only: true\n", "", 1))
    (finding,) = check("read-only-root")
    assert (finding.severity, finding.service) == ("info", "redis")
    assert "it writes its pid" in finding.message


def test_an_exception_without_a_reason_is_none(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    edit(good, COMPOSE, "        user: the engine's socket belongs to root\n", "        user:\n")
    assert [finding.severity for finding in check("non-root-user")] == ["error"]


def test_profiles_are_cumulative(good: Path) -> None:
    edit(good, COMPOSE, "    read_only: true\n", "")
    severities = [
        next(
            finding.severity
            for finding in rules_of(stack.read(good, profile=profile, use_compose=False), "read-only-root")
        )
        for profile in Profile
    ]
    assert severities == ["warning", "error", "error"]


def test_the_profile_comes_from_the_spec(good: Path) -> None:
    edit(good, "stack.yaml", "environment: production", "environment: development")
    assert stack.read(good, use_compose=False).profile is Profile.DEVELOPMENT


@pytest.mark.parametrize(("profile", "severity"), [("production", "error"), ("staging", "warning")])
def test_a_missing_secret_is_an_error_in_production(good: Path, profile: str, severity: str) -> None:
    (good / "secrets" / "pii_salt").unlink()
    parsed = stack.read(good, use_compose=False, profile=parse(profile))
    (finding,) = rules_of(parsed, "secret-files")
    assert (finding.severity, finding.file) == (severity, COMPOSE)
    assert "pii_salt" in finding.message and "otel-collector" in finding.message
    for file in (good / "secrets").iterdir():
        file.unlink()
    found = rules_of(parsed, "secret-files")
    assert {finding.severity for finding in found} == {severity}
    assert "midwatch secrets" in found[0].hint
    assert run.run(parsed, judges=False, only=["secret-files"], without=["secret-files"]).findings == ()


def test_an_empty_secret_is_an_error(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    (good / "secrets" / "pii_salt").write_text("")
    (finding,) = check("secret-files")
    assert finding.severity == "error"
    assert "is empty" in finding.message


def test_a_folder_of_secrets_that_others_can_enter_is_an_error(
    good: Path, check: Callable[..., tuple[Finding, ...]]
) -> None:
    (good / "secrets").chmod(0o755)
    (finding,) = check("secret-directory")
    assert "0755" in finding.message
    assert finding.hint == "chmod 700 secrets"


def test_an_alert_on_an_unknown_job_is_not_judged(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    edit(good, PROM, "job_name: loki", "job_name: app-studio")
    edit(
        good,
        "prometheus/rules/redis.yml",
        'absent(redis_up{job="redis-exporter"})',
        'studio_errors{job="app-studio"} > 1',
    )
    assert check("alert-metrics") == ()


def test_an_alert_on_a_component_that_is_not_scraped_is_named(
    good: Path, check: Callable[..., tuple[Finding, ...]]
) -> None:
    edit(good, "prometheus/rules/redis.yml", 'absent(redis_up{job="redis-exporter"})', "node_load1 > 9")
    (finding,) = check("alert-metrics")
    assert "node_load1 is exported by node-exporter, which is not scraped" in finding.message


def test_recording_rules_and_up_count_as_exported(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    edit(
        good,
        "prometheus/rules/redis.yml",
        "    rules:\n",
        "    rules:\n      - record: redis:seen\n        expr: redis_up\n",
    )
    edit(good, "prometheus/rules/redis.yml", 'absent(redis_up{job="redis-exporter"})', "redis:seen == 1 or up == 0")
    assert check("alert-metrics") == ()


def test_a_redis_that_is_a_cache_may_evict_and_forget(good: Path, check: Callable[..., tuple[Finding, ...]]) -> None:
    with (good / "stack.yaml").open("a") as file:
        file.write("redis:\n  use: cache\n")
    edit(good, "redis/redis.conf", "noeviction", "allkeys-lru")
    edit(good, "redis/redis.conf", "appendonly yes", "appendonly no")
    assert check("redis-eviction", "redis-persistence") == ()


@pytest.mark.parametrize(("moved", "same"), [(False, False), (True, True)])
def test_a_destination_on_the_engines_disk_is_found_wherever_that_is(
    good: Path, check: Callable[..., tuple[Finding, ...]], moved: bool, same: bool, tmp_path: Path
) -> None:
    """The engine's folder is where the mount of its logs says; here the same disk as the destination, or /proc."""
    (tmp_path / "repository").mkdir()
    root = tmp_path if moved else Path("/proc")
    mounts = [f"{tmp_path}/repository:/destination", f"{root}/containers:/var/lib/docker/containers:ro"]
    edit(good, COMPOSE, REDIS, REDIS + "    environment: {BACKUP_REPOSITORY: /destination}\n")
    edit(good, COMPOSE, "      - redis-data:/data\n", "\n      - ".join(["      - redis-data:/data", *mounts]) + "\n")
    found = [one.message for one in check("backup-destination")]
    assert bool(found) == same and (not same or "same disk" in found[0]), found
