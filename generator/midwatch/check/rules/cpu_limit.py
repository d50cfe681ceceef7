"""Every service has a CPU limit."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if service.cpu_limit is None:
        yield flaw(stack, service, "has no CPU limit", "deploy", "resources", "limits", "cpus")


RULE = Rule(
    id="cpu-limit",
    title="Every service has a CPU limit",
    why=(
        "An expensive query or a crash loop would otherwise take every core from what must still answer, "
        "the alerting included."
    ),
    fix="set deploy.resources.limits.cpus",
    blocker=Blocker.LIMITS,
    check=each_service(_check),
    good='deploy:\n  resources:\n    limits:\n      cpus: "0.5"',
    bad="deploy:\n  resources:\n    limits:\n      memory: 512m",
)
