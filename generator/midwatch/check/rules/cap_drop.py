"""Every service drops all capabilities."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import items
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if "ALL" not in {str(capability).upper() for capability in items(service.raw.get("cap_drop"))}:
        yield flaw(stack, service, "does not drop all capabilities", "cap_drop")


RULE = Rule(
    id="cap-drop",
    title="Every service drops all capabilities",
    why=("Docker gives 14 of root's capabilities to every container; a monitoring service needs none of them."),
    fix="set cap_drop: [ALL] and add back only what is needed",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "cap_drop"),
    good="cap_drop:\n  - ALL",
    bad="cap_drop: []",
    exception="cap_drop",
)
