"""For a while nothing happens to the stack, and nothing happens in it: 60 s here, 10 minutes in `make lab`."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.lab import docker
from tests.lab.cache import run
from tests.lab.report import Report
from tests.lab.stack import Stack

pytestmark = pytest.mark.lab
VARIABLE, DEFAULT = "MIDWATCH_LAB_QUIET", 60.0
LOOK_EVERY = 5.0


def test_no_restart_no_kill_and_no_alert(stack: Stack, report: Report) -> None:
    duration = float(os.environ.get(VARIABLE) or DEFAULT)
    began = time.time()
    while time.time() - began < duration:
        time.sleep(LOOK_EVERY)
        unexpected = {(alert, component) for alert, component in stack.firing() if component not in stack.missing}
        assert unexpected == {("Watchdog", "prometheus")}, f"after {time.time() - began:.0f} s"
    happened = docker.events(stack.name, stack.began, time.time(), "die", "oom", "kill")
    assert {event["Actor"]["Attributes"]["com.docker.compose.service"] for event in happened} <= {"probe-tools"}
    for name, container in stack.containers().items():
        assert (container["RestartCount"], container["State"]["OOMKilled"]) == (0, False), name
        if name in stack.lasting:
            assert container["State"]["Health"]["Status"] == "healthy", name
    assert [message for message in stack.messages() if not stack.missing] == []
    report.note(f"quiet for {time.time() - began:.0f} s; memory: {memory(stack)}")


def memory(stack: Stack) -> str:
    """'prometheus 50MiB / 2.7GiB, ..', as `docker stats` shows it."""
    names = [f"{stack.name}-{name}-1" for name in stack.lasting]
    command = ["docker", "stats", "--no-stream", "--format", "{{json .}}", *names]
    lines = [json.loads(line) for line in run(command, what="docker stats", timeout=60).splitlines()]
    return ", ".join(f"{one['Name'][len(stack.name) + 1 : -2]} {one['MemUsage'].replace(' ', '')}" for one in lines)
