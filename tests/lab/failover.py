"""Redis loses its volume, or is only to be replaced, while an app writes sessions: for the tests and for the proof."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.lab.cache import run
from tests.lab.load import Load, flows, load
from tests.lab.stack import Stack
from tests.stack.programs import until

CHANGES: dict[str, Any] = {"use": "sessions", "memory": "64MiB", "replica": True}
"""To `redis` of the spec."""
A_SECOND = 200
"""Sessions that are acknowledged in a second, at most: the writer waits 5 ms after each."""
MAIN, COPY = "redis-data", "redis-replica-data"


@dataclass(frozen=True)
class Failover:
    """What `ops failover redis` said, and what it cost."""

    made: Load
    lost: list[str]
    """Sessions that Redis had acknowledged, and does not have any more."""
    said: str
    told: float
    """Seconds from the loss until RedisDown fired; 0 where Redis was alive."""
    took: float
    """Seconds that the command took."""


def said(stack: Stack, server: str = "") -> dict[str, str]:
    """What the replica says of itself, or of what another server says to it."""
    text = stack.compose("exec", "-T", "redis-replica", "sh", "/usr/local/etc/redis/info.sh", *filter(None, [server]))
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def keys(of: dict[str, str]) -> int:
    return int(of.get("db0", "keys=0,").split(",")[0].partition("=")[2])


def in_step(stack: Stack) -> None:
    def whole() -> bool:
        own = said(stack)
        return own["master_link_status"] == "up" and own["aof_rewrite_in_progress"] == "0"

    until(whole, "the replica is in step", 60)


def emptied(stack: Stack, volume: str) -> None:
    """As a broken disk leaves it; the volume itself is in use by containers, and stays."""
    busybox = stack.plan.service("probe-tools").image
    mount = f"{stack.name}_{volume}:/there"
    script = "find /there -mindepth 1 -maxdepth 1 -exec rm -rf {} +"
    run(["docker", "run", "--rm", "--network", "none", "-v", mount, busybox, "sh", "-c", script], what=script)


def after_a_loss(stack: Stack) -> Failover:
    """Redis is killed and its volume emptied; a person begins when the alert fires."""
    in_step(stack)
    with load(stack) as made:
        flows(made)
        time.sleep(10)
        lost = time.monotonic()
        stack.compose("kill", "redis")
        emptied(stack, MAIN)
        stack.compose("up", "--detach", "redis")
        refusal = "REFUSED to start empty"
        until(lambda: stack.compose("logs", "redis").count(refusal) > 1, "Redis does not start empty", 60)
        assert keys(said(stack)) > 1000, "the replica has kept what its Redis has lost"
        until(
            lambda: stack.query('redis_master_link_up{job="redis-replica"} == 0') != [], "the broken link is seen", 60
        )
        until(lambda: ("RedisDown", "redis") in stack.firing(), "RedisDown fires", 60)
        told = time.monotonic() - lost
        words, took = _fail_over(stack, "redis")
        time.sleep(3)
    return Failover(made, made.lost_sessions(), words, told, took)


def with_redis_alive(stack: Stack) -> Failover:
    in_step(stack)
    with load(stack) as made:
        flows(made)
        words, took = _fail_over(stack)
    return Failover(made, made.lost_sessions(), words, 0.0, took)


def _fail_over(stack: Stack, *names: str) -> tuple[str, float]:
    began = time.monotonic()
    done = stack.ops("failover", *names, "--yes")
    took = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, took
