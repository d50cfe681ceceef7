"""The CPU limits of all services fit the host."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is None:
        return
    total = sum(service.cpu_limit or 0 for service in stack.services.values())
    have = stack.spec.host.cpus
    if total > have + 1e-6:
        sums = f"the CPU limits add up to {total:g}, the host has {have:g}"
        text = f"the budget is exceeded by {total - have:.4g} cpus ({sums})"
        yield Flaw(text, stack.at("services"), key="services")


RULE = Rule(
    id="budget-cpus",
    title="The CPU limits of all services together fit the host",
    why=(
        "Limits that add up to more than the host has are promises that it cannot keep: on the day when "
        "everything is busy everything is slow, the alerting too."
    ),
    fix="lower the limits, or raise host.cpus in stack.yaml if the host has more",
    blocker=Blocker.LIMITS,
    check=_check,
    good="host:\n  cpus: 4",
    bad="# limits of 5 cores on a host of 4",
)
