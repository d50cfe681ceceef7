"""Redis dies, and with it the place of the sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.scenarios import Scenario
from tests.lab.stack import Stack


@contextmanager
def killed(stack: Stack) -> Iterator[None]:
    """`kill` is no crash to Docker: it does not start the container again by itself."""
    stack.compose("kill", "redis")
    try:
        yield
    finally:
        stack.compose("start", "redis")


SCENARIO = Scenario(
    "Redis offline, sessions at risk",
    "`docker compose kill redis`: the process is killed and stays away.",
    "critical", "Redis is down", 60, killed,
)  # fmt: skip
