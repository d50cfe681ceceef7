"""Every service has a process limit."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service, number
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    limit = number(service.resource("limits", "pids"))
    if limit is None or limit <= 0:
        yield flaw(stack, service, "has no pids limit", "deploy", "resources", "limits", "pids")


RULE = Rule(
    id="pids-limit",
    title="Every service has a limit of processes and threads",
    why=(
        "A fork bomb or a leak of threads in one container takes the process table of the host: then not "
        "even a shell starts there."
    ),
    fix="set deploy.resources.limits.pids",
    blocker=Blocker.LIMITS,
    check=each_service(_check),
    good="deploy:\n  resources:\n    limits:\n      pids: 128",
    bad="deploy:\n  resources:\n    limits:\n      memory: 512m",
)
