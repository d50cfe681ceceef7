"""Every service has a memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if service.memory_limit is None:
        yield flaw(stack, service, "has no memory limit", "deploy", "resources", "limits", "memory")


RULE = Rule(
    id="memory-limit",
    title="Every service has a memory limit",
    why=(
        "Without a limit one leaking container takes the memory of the whole host, and the kernel kills "
        "whichever process it likes best: often the database."
    ),
    fix="set deploy.resources.limits.memory; the limits of all services must fit the host",
    blocker=Blocker.LIMITS,
    check=each_service(_check),
    good="deploy:\n  resources:\n    limits:\n      memory: 512m",
    bad='deploy:\n  resources:\n    limits:\n      cpus: "1"',
)
