"""What is changed while the stack runs, and what breaks: a person hears of it within a minute, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ruamel.yaml import YAML

from tests.lab import otlp
from tests.lab.faults import all_clear, page_of, until_healthy
from tests.lab.project import midwatch
from tests.lab.report import Report
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import arrived, marker, need, send
from tests.lab.test_stack_3_doors import login, redis
from tests.stack.programs import fetch, until

pytestmark = pytest.mark.lab
CHANNEL = "#lab-changed"


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
    before = {path.name for path in stack.folder.iterdir()}
    # What tests before this one broke may be told for a moment yet.
    until(lambda: stack.ops("status").returncode == 0, "ops status is content", 120)
    done = stack.ops("status")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in stack.lasting:
        assert f"{name} healthy" in " ".join(done.stdout.split())
    assert "Watchdog" in done.stdout
    assert "all is well" in stack.ops("history").stdout, "a point to go back to"
    left = {path.name for path in stack.folder.iterdir()} - before
    assert left <= {".ops"}, "a look changes nothing else"


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
    done = stack.ops("reload")
    assert done.returncode == 0, done.stdout + done.stderr

    def loaded() -> bool:
        groups = stack.get("/api/v1/rules")["data"]["groups"]
        waits = {rule["name"]: rule.get("duration") for group in groups for rule in group["rules"]}
        status, text = fetch(stack.url("alertmanager") + "/api/v2/status")
        return waits["HostDiskFilling"] == 77 * 60 and status == 200 and CHANNEL in text

    until(loaded, "Prometheus and Alertmanager have the new configuration", 20)
    assert {name: container["State"]["StartedAt"] for name, container in stack.containers().items()} == before


def test_who_runs_with_files_from_before_is_named(stack: Stack) -> None:
    """Compose sees no change; the command that is named helps."""
    need(stack, "prometheus", "alertmanager", "blackbox-exporter", "container-exporter")
    assert stack.ops("reload").returncode == 0
    (stack.folder / "container-exporter" / "exporter.py").touch()
    (stack.folder / "runbooks" / "README.md").touch()
    started = stack.containers()["container-exporter"]["State"]["StartedAt"]
    stack.compose("up", "--detach", "--no-deps", "container-exporter")
    assert stack.containers()["container-exporter"]["State"]["StartedAt"] == started
    done = stack.ops("reload")
    assert done.returncode == 1, done.stdout + done.stderr
    named = [line for line in done.stdout.splitlines() if "files from before" in line]
    assert named == ["container-exporter still runs with files from before: ./ops upgrade container-exporter"]
    assert stack.ops("upgrade", "container-exporter").returncode == 0
    assert stack.ops("reload").returncode == 0


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
        status = stack.ops("status")
        assert status.returncode == 1
        assert "redis stopped, exit code 0" in " ".join(status.stdout.split())
        page = page_of(stack, "redis", began)
        assert "CRITICAL" in page.headline
        assert page.text.startswith(channel(stack))
        assert "RedisDown.md" in page.text
        started = time.time()
    over = all_clear(stack, "redis", started)
    report.note(f"redis stopped: told after {page.at - began:.1f} s; started again: {over.at - started:.1f} s")


def test_the_dead_man_speaks_when_alertmanager_cannot(stack: Stack, report: Report) -> None:
    need(stack, "alertmanager", "deadman", "prometheus")
    with stopped(stack, "alertmanager") as began:
        page = page_of(stack, "alertmanager", began)
        where = f"{stack.name}/{stack.plan.environment}"
        assert f"{where}: no alert can reach you: Alertmanager does not answer." in page.headline
        started = time.time()
    over = all_clear(stack, "alertmanager", started)
    assert "the Watchdog arrives again" in over.headline
    report.note(f"alertmanager stopped: told after {page.at - began:.1f} s; started again: {over.at - started:.1f} s")
