"""Under load: how long each service takes to stop, in which order, and that nothing acknowledged is lost meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.lab import docker
from tests.lab.engine import Engine
from tests.lab.faults import until_healthy
from tests.lab.load import Load, flows, load
from tests.lab.report import Report, seconds
from tests.lab.stack import WAIT_SECONDS, Stack, running
from tests.stack.programs import until

pytestmark = pytest.mark.lab
KILLED = ("9", "SIGKILL")
BEFORE = [
    ("canary", "otel-collector"),
    ("otel-collector", "loki"),
    ("otel-collector", "prometheus"),
    ("prometheus", "alertmanager"),
]
"""Who has to be gone before whom is told to stop."""


@pytest.fixture(scope="module")
def own(engine: Engine) -> Iterator[Stack]:
    """A stack for these tests alone: they restart all of it."""
    with running(engine, "sva-studio") as started:
        assert started.problem == ""
        yield started


def ended(events: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Service -> when it was told to stop and when it had, Unix times, of the last stop. Fails where one was killed."""
    asked: dict[str, float] = {}
    took: dict[str, tuple[float, float]] = {}
    for event in events:
        attributes, at = event["Actor"]["Attributes"], event["timeNano"] / 1e9
        name = attributes["com.docker.compose.service"]
        if event["status"] == "kill":
            assert attributes["signal"] not in KILLED, f"{name} was killed"
            asked[name] = at
        elif name in asked:  # a one-shot ends by itself
            assert attributes["exitCode"] != "137", f"{name} was killed"
            took[name] = (asked[name], at)
    return took


def in_time(stack: Stack, took: dict[str, tuple[float, float]]) -> dict[str, float]:
    """How long each took; fails where one took more than a third of what it may."""
    times = {name: end - start for name, (start, end) in took.items()}
    for name, spent in times.items():
        assert 3 * spent <= stack.plan.service(name).grace, f"{name} took {spent:.1f} s"
    return times


def assert_nothing_lost(made: Load) -> None:
    assert made.lost_logs() == []
    assert made.lost_sessions() == []
    until(lambda: made.stored_points() == made.points, f"all {made.points} samples are stored", 60)


def test_one_after_the_other_is_restarted_and_nothing_is_lost(own: Stack, report: Report) -> None:
    began = time.time()
    with docker.watched(own.name, "kill", "die") as events, load(own) as made:
        flows(made)
        for name in own.lasting:
            own.compose("restart", name)
            until_healthy(own, name)
    times = in_time(own, ended(events))
    assert sorted(times) == sorted(own.lasting)
    assert_nothing_lost(made)
    report.note(
        f"rolling restart of {len(times)} services in {time.time() - began:.0f} s, under {made.sent + made.printed} "
        f"logs, {made.points} samples and {len(made.sessions)} session writes: none lost, none killed; Redis was away "
        f"for {made.pause:.1f} s; each took to stop: {seconds(times)}"
    )


@pytest.mark.parametrize("words", [("stop",), ("down",), ("restart",)])
def test_all_at_once_and_nothing_is_lost(own: Stack, report: Report, words: tuple[str, ...]) -> None:
    """Down removes the containers too; what waits is on the volumes."""
    with load(own) as made:
        flows(made)
        with docker.watched(own.name, "kill", "die") as events:
            own.compose(*words)
        took = ended(events)
        if words != ("restart",):
            late = [(one, other) for one, other in BEFORE if took[one][1] > took[other][0]]
            assert late == [], took
            own.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
        for name in own.lasting:
            until_healthy(own, name)
        until(lambda: len(own.logs(f"{made.word} sent")) > 0, "logs flow again", 60)
    times = in_time(own, took)
    assert_nothing_lost(made)
    report.note(f"docker compose {words[0]} under load: none lost, none killed; each took: {seconds(times)}")


def test_a_killed_redis_loses_a_second_at_most(own: Stack, report: Report) -> None:
    """What `appendfsync everysec` allows, also without a word of warning."""
    with load(own) as made:
        flows(made)
        time.sleep(3)
        own.compose("kill", "--signal", "KILL", "redis")
        own.compose("start", "redis")
        until_healthy(own, "redis")
        time.sleep(1)
    lost = made.lost_sessions()
    assert len(lost) <= 200, "more than the writes of a second (one each 5 ms)"
    report.note(f"redis killed under load: {len(lost)} of {len(made.sessions)} acknowledged sessions lost")


def test_a_client_that_hangs_holds_nobody_back(own: Stack, report: Report) -> None:
    """Half a request through each door: whoever waits for the rest of it has to stop all the same."""
    doors = [("prometheus", "/api/v1/query"), ("alertmanager", "/api/v2/silences"), ("otlp_http", "/v1/logs")]
    with ExitStack() as open_ones:
        for door, path in doors:
            port = getattr(own.plan.spec.ports, door)
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            head = f"POST {path} HTTP/1.1\r\nHost: lab\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            one.sendall(f"{head}Content-Length: 1000\r\n\r\nquery=".encode())
        time.sleep(1)
        with docker.watched(own.name, "kill", "die") as events:
            own.compose("stop")
        report.note(f"docker compose stop with hanging clients: {seconds(in_time(own, ended(events)))}")
    own.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
