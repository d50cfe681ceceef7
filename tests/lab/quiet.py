"""Nothing happens to the stack, and nothing happens in it."""

from __future__ import annotations

import json
import time

from tests.lab import docker
from tests.lab.cache import run
from tests.lab.stack import Stack

LOOK_EVERY = 5.0


def alerts_within(stack: Stack, duration: float) -> list[str]:
    """Watch for that many seconds; every alert that fired but the Watchdog, as `alert (component)`."""
    began, found = time.time(), set()
    while time.time() - began < duration:
        time.sleep(LOOK_EVERY)
        found |= {(alert, component) for alert, component in stack.firing() if component not in stack.missing}
    assert ("Watchdog", "prometheus") in found, "the Watchdog does not fire"
    return sorted(f"{alert} ({component})" for alert, component in found - {("Watchdog", "prometheus")})


def ends(stack: Stack) -> list[str]:
    """Containers that ended, were killed or restarted since the start, but the one-shot."""
    happened = docker.events(stack.name, stack.began, time.time(), "die", "oom", "kill")
    names = {event["Actor"]["Attributes"]["com.docker.compose.service"] for event in happened}
    for name, container in stack.containers().items():
        if container["RestartCount"] or container["State"]["OOMKilled"]:
            names.add(name)
    return sorted(name for name in names if not stack.plan.service(name).one_shot)


def memory(stack: Stack) -> dict[str, str]:
    """Service -> '50MiB / 2.7GiB', as `docker stats` shows it."""
    names = [f"{stack.name}-{name}-1" for name in stack.lasting]
    command = ["docker", "stats", "--no-stream", "--format", "{{json .}}", *names]
    lines = [json.loads(line) for line in run(command, what="docker stats", timeout=60).splitlines()]
    return {one["Name"][len(stack.name) + 1 : -2]: one["MemUsage"] for one in lines}
