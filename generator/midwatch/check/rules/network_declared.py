"""Every network is declared."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        for name in service.networks:
            if name not in stack.parts["networks"] and name != "default":
                yield flaw(stack, service, f"joins network {name}, which is not declared", "networks", name)


RULE = Rule(
    id="network-declared",
    title="Every network that a service joins is declared",
    why=("A network that is not declared keeps the whole stack from starting."),
    fix="declare it under networks",
    blocker=Blocker.HARDENING,
    check=_check,
    good="networks:\n  monitoring:\n    internal: true",
    bad="# networks: without monitoring",
)
