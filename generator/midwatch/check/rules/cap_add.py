"""Capabilities that are added have a reason."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if added := service.raw.get("cap_add"):
        names = ", ".join(str(capability) for capability in added)
        yield flaw(stack, service, f"adds the capabilities {names}", "cap_add")


RULE = Rule(
    id="cap-add",
    title="A service adds no capability without a reason",
    why=("Each capability is a piece of root. SYS_ADMIN alone is nearly all of it."),
    fix="remove cap_add, or say why: x-midwatch.exceptions.cap_add",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "cap_add"),
    good="cap_drop:\n  - ALL",
    bad="cap_add:\n  - SYS_ADMIN",
    exception="cap_add",
)
