"""Every service has a memory reservation."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack
from midwatch.check.units import human


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    key = ("deploy", "resources", "reservations", "memory")
    reserved, limit = service.memory_reservation, service.memory_limit
    if reserved is None:
        yield flaw(stack, service, "has no memory reservation", *key)
    elif limit is not None and reserved > limit:
        yield flaw(stack, service, f"reserves more memory ({human(reserved)}) than its limit ({human(limit)})", *key)


RULE = Rule(
    id="memory-reservation",
    title="Every service reserves memory, no more than its limit",
    why=(
        "The reservation is what the kernel leaves a container under memory pressure; without it the "
        "important and the unimportant are squeezed alike."
    ),
    fix="set deploy.resources.reservations.memory, at most the limit",
    blocker=Blocker.LIMITS,
    since=Profile.STAGING,
    check=each_service(_check),
    good="deploy:\n  resources:\n    reservations:\n      memory: 256m",
    bad='deploy:\n  resources:\n    reservations:\n      cpus: "0.1"',
)
