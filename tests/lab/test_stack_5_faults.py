"""What is changed while the stack runs, and what breaks: a person hears of it within a minute, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.lab import otlp
from tests.lab.project import midwatch
from tests.lab.report import Report
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import arrived, marker, need, send
from tests.lab.test_stack_3_doors import login, redis
from tests.stack.programs import fetch, until

pytestmark = pytest.mark.lab
CHANNEL = "#lab-changed"
PAGED_WITHIN, RESOLVED_WITHIN = 60.0, 120.0


def ops(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """What the runbooks call."""
    return subprocess.run(["./ops", *words], cwd=stack.folder, capture_output=True, text=True, timeout=180, check=False)


def until_healthy(stack: Stack, name: str) -> None:
    until(lambda: stack.containers()[name]["State"]["Health"]["Status"] == "healthy", f"{name} is healthy", 90)


def message(stack: Stack, since: float, seconds: float, *words: str) -> tuple[str, float]:
    """The first message after a time that has all these words, and how long after; waits for it."""

    def found() -> list[dict[str, Any]]:
        later = [one for one in stack.messages() if one["at"] >= since]
        return [one for one in later if all(word in json.dumps(one["body"], ensure_ascii=False) for word in words)]

    until(lambda: bool(found()), f"a message with {words} (all messages are below)", seconds)
    first = found()[0]
    return json.dumps(first["body"], ensure_ascii=False), first["at"] - since


@contextmanager
def stopped(stack: Stack, name: str) -> Iterator[float]:
    """A service is stopped while the block runs, and healthy afterwards. Gives the time when it was told to stop."""
    began = time.time()
    stack.compose("stop", name)
    try:
        yield began
    finally:
        stack.compose("start", name)
        until_healthy(stack, name)


def channel(stack: Stack) -> str:
    """Where messages go, by the spec as it is now."""
    spec = YAML(typ="safe").load((stack.folder / "stack.yaml").read_text(encoding="utf-8"))
    return str(spec["alerting"]["slack"]["channel"])


def test_status_says_that_all_is_well(stack: Stack) -> None:
    done = ops(stack, "status")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in stack.lasting:
        assert f"{name} healthy" in " ".join(done.stdout.split())
    assert "Watchdog" in done.stdout


def test_a_changed_spec_is_loaded_without_a_restart(stack: Stack) -> None:
    need(stack, "prometheus", "alertmanager", "gateway", "blackbox-exporter")
    before = {name: container["State"]["StartedAt"] for name, container in stack.containers().items()}
    yaml, file = YAML(), stack.folder / "stack.yaml"
    spec = yaml.load(file.read_text(encoding="utf-8"))
    spec["alerting"]["slack"]["channel"] = CHANNEL
    spec["alerting"]["overrides"] = {"HostDiskFilling": {"for": "77m"}}
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(spec, out)
    assert "updated" in midwatch(stack.folder, "generate")
    done = ops(stack, "reload")
    assert done.returncode == 0, done.stdout + done.stderr

    def loaded() -> bool:
        groups = stack.get("/api/v1/rules")["data"]["groups"]
        waits = {rule["name"]: rule.get("duration") for group in groups for rule in group["rules"]}
        status, text = fetch(stack.url("alertmanager") + "/api/v2/status")
        return waits["HostDiskFilling"] == 77 * 60 and status == 200 and CHANNEL in text

    until(loaded, "Prometheus and Alertmanager have the new configuration", 20)
    assert {name: container["State"]["StartedAt"] for name, container in stack.containers().items()} == before


def test_a_log_waits_on_disk_while_loki_is_away(stack: Stack) -> None:
    """Also when the collector itself is restarted meanwhile."""
    need(stack, "loki", "otel-collector")
    word = marker()
    with stopped(stack, "loki"):
        send(stack, "logs", otlp.logs([f"patient {word}"]))
        time.sleep(3)
        stack.compose("restart", "otel-collector")
    assert arrived(stack, word)[0]["body"] == f"patient {word}"


def test_what_is_in_redis_survives_a_restart(stack: Stack) -> None:
    need(stack, "redis")
    assert redis(stack, login(stack), ["SET", "session:1", "survives", "EX", "600"])[1] == "+OK"
    stack.compose("restart", "redis")
    until_healthy(stack, "redis")
    assert redis(stack, login(stack), ["GET", "session:1"])[1] == "$survives"


def test_a_person_hears_of_a_stopped_redis_within_a_minute(stack: Stack, report: Report) -> None:
    need(stack, "redis", "redis-exporter", "prometheus", "alertmanager")
    with stopped(stack, "redis") as began:
        status = ops(stack, "status")
        assert status.returncode == 1
        assert "redis exited 0" in " ".join(status.stdout.split())
        text, paged = message(stack, began, PAGED_WITHIN, "CRITICAL", "Redis is down")
        assert channel(stack) in text
        assert "RedisDown.md" in text
        started = time.time()
    _, resolved = message(stack, started, RESOLVED_WITHIN, "RESOLVED", "Redis is down")
    report.note(f"redis stopped: a message after {paged:.1f} s; started again: resolved after {resolved:.1f} s")


def test_the_dead_man_speaks_when_alertmanager_cannot(stack: Stack, report: Report) -> None:
    need(stack, "alertmanager", "deadman", "prometheus")
    with stopped(stack, "alertmanager") as began:
        text, paged = message(stack, began, PAGED_WITHIN, "no alert can reach you", "Alertmanager does not answer")
        assert stack.name in text
        started = time.time()
    _, resolved = message(stack, started, RESOLVED_WITHIN, "the Watchdog arrives again")
    report.note(f"alertmanager stopped: the dead-man after {paged:.1f} s; started again: {resolved:.1f} s")
