"""The memory limits of all services fit the host."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.units import human


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is None:
        return
    total = sum(service.memory_limit or 0 for service in stack.services.values())
    have = stack.spec.host.memory
    if total > have:
        sums = f"the memory limits add up to {human(total)}, the host has {human(have)}"
        text = f"the budget is exceeded by {human(total - have)} ({sums})"
        yield Flaw(text, stack.at("services"), key="services")


RULE = Rule(
    id="budget-memory",
    title="The memory limits of all services together fit the host",
    why=(
        "Limits that add up to more than the host has are promises that it cannot keep: on the day when "
        "everything is busy the kernel kills at random."
    ),
    fix="lower the limits, or raise host.memory in stack.yaml if the host has more",
    blocker=Blocker.LIMITS,
    check=_check,
    good="host:\n  memory: 8GiB",
    bad="# limits of 9 GiB on a host of 8",
)
