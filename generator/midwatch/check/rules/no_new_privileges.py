"""No process can gain privileges."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import items
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    options = {str(option).replace("=", ":") for option in items(service.raw.get("security_opt"))}
    if not options & {"no-new-privileges", "no-new-privileges:true"}:
        yield flaw(stack, service, "can gain privileges (no-new-privileges is not set)", "security_opt")


RULE = Rule(
    id="no-new-privileges",
    title="No process of a service can gain privileges",
    why=("Closes the way from a normal user to root by a setuid program inside the image."),
    fix="add no-new-privileges:true to security_opt",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "no_new_privileges"),
    good="security_opt:\n  - no-new-privileges:true",
    bad="security_opt: []",
    exception="no_new_privileges",
)
