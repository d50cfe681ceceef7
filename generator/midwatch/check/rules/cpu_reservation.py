"""Every service has a CPU reservation."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    key = ("deploy", "resources", "reservations", "cpus")
    reserved, limit = service.cpu_reservation, service.cpu_limit
    if reserved is None:
        yield flaw(stack, service, "has no CPU reservation", *key)
    elif limit is not None and reserved > limit:
        yield flaw(stack, service, f"reserves more CPU ({reserved:g}) than its limit ({limit:g})", *key)


RULE = Rule(
    id="cpu-reservation",
    title="Every service reserves CPU, no more than its limit",
    why=("The reservation is the service's share when the host is busy, and what a scheduler plans with."),
    fix="set deploy.resources.reservations.cpus, at most the limit",
    blocker=Blocker.LIMITS,
    since=Profile.STAGING,
    check=each_service(_check),
    good='deploy:\n  resources:\n    reservations:\n      cpus: "0.1"',
    bad="deploy:\n  resources:\n    reservations:\n      memory: 256m",
)
