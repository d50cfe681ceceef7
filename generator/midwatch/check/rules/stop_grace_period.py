"""Every service says how long it may take to stop."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if not service.grace:
        yield flaw(stack, service, "has no stop_grace_period", "stop_grace_period")


RULE = Rule(
    id="stop-grace-period",
    title="Every service says how long it may take to stop",
    why=(
        "Docker kills after 10 s. A store that is still flushing its log or its snapshot loses it, and "
        "replays for minutes at the next start."
    ),
    fix="set stop_grace_period to what the service needs to flush",
    blocker=Blocker.SHUTDOWN,
    check=each_service(_check),
    good="stop_grace_period: 1m",
    bad="# Docker's own 10 s apply",
)
