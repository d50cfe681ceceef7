"""The end: everything stops in time by itself, nothing is killed, and what was stored is there when it starts again."""

from __future__ import annotations

import pytest

from tests.lab import docker, otlp
from tests.lab.report import Report, seconds
from tests.lab.stack import WAIT_SECONDS, Stack
from tests.lab.test_stack_2_data import marker, need, send
from tests.stack.programs import until

pytestmark = pytest.mark.lab
KILLED = "137"


def stop_times(stack: Stack) -> dict[str, float]:
    """Stop everything; how long each service took. Fails when one had to be killed, or took as long as it may."""
    running = sorted(name for name, one in stack.containers().items() if one["State"]["Running"])
    with docker.watched(stack.name, "kill", "die") as events:
        stack.compose("stop")
    asked: dict[str, float] = {}
    took: dict[str, float] = {}
    for event in events:
        attributes, at = event["Actor"]["Attributes"], event["timeNano"] / 1e9
        name = attributes["com.docker.compose.service"]
        if event["status"] == "kill":
            assert attributes["signal"] != "9", f"{name} was killed"
            asked.setdefault(name, at)
        else:
            assert attributes["exitCode"] != KILLED, f"{name} was killed"
            took[name] = at - asked[name]
    assert sorted(took) == running
    for name, time_taken in took.items():
        assert time_taken < stack.plan.service(name).grace, name
    return took


def test_nothing_has_to_be_killed_and_nothing_is_lost(stack: Stack, report: Report) -> None:
    need(stack, "prometheus", "otel-collector", "gateway")
    name = f"lab_{marker()}"
    send(stack, "metrics", otlp.gauge(name, 3))
    until(lambda: bool(stack.query(name)), "the metric arrives", 30)
    report.note(f"stopped: {seconds(stop_times(stack))}")
    states = {name: container["State"] for name, container in stack.containers().items()}
    assert {state["Status"] for state in states.values()} == {"exited"}
    assert [name for name, state in states.items() if state["OOMKilled"] or str(state["ExitCode"]) == KILLED] == []
    stack.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
    until(lambda: bool(stack.query(f"last_over_time({name}[1h])")), "the metric of before the stop is there", 30)
    stop_times(stack)
