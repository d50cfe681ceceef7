"""GOMEMLIMIT is set and below the memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack
from midwatch.check.units import go_memory, human

GO_IMAGES = ("prom/", "grafana/", "opentelemetry-collector", "caddy", "redis_exporter", "cadvisor")


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        value, limit = service.environment.get("GOMEMLIMIT"), service.memory_limit
        if value is None:
            if any(name in service.repository for name in GO_IMAGES) and limit is not None:
                yield flaw(stack, service, "has no GOMEMLIMIT", "environment")
            continue
        own = go_memory(value)
        if own is None:
            yield flaw(stack, service, f"has a GOMEMLIMIT that Go cannot read: {value}", "environment", "GOMEMLIMIT")
        elif limit is not None and own >= limit:
            text = f"has a GOMEMLIMIT of {human(own)}, not below its memory limit of {human(limit)}"
            yield flaw(stack, service, text, "environment", "GOMEMLIMIT")


RULE = Rule(
    id="go-memory-limit",
    title="Programs in Go know their memory limit, and it is below the container's",
    why=(
        "Go's garbage collector does not see the container's limit. Without GOMEMLIMIT it lets garbage "
        "pile up until the kernel kills the process; with one above the limit too."
    ),
    fix="set GOMEMLIMIT to about nine tenths of the memory limit",
    blocker=Blocker.LIMITS,
    since=Profile.STAGING,
    check=_check,
    good="environment:\n  GOMEMLIMIT: 460MiB  # limit: 512m",
    bad="environment:\n  GOMEMLIMIT: 512MB  # Go knows MiB only",
)
