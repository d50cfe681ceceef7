"""No service is privileged."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if service.raw.get("privileged"):
        yield flaw(stack, service, "is privileged", "privileged")


RULE = Rule(
    id="not-privileged",
    title="No service is privileged",
    why=("A privileged container owns the host: its devices, its kernel modules, its disks."),
    fix="remove privileged: true; add the single capability or device that is needed",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "privileged"),
    good="cap_drop:\n  - ALL",
    bad="privileged: true",
    exception="privileged",
)
