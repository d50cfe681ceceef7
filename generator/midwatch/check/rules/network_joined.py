"""No service has joined a network that it was generated apart from."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.normalise import service as long_form
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    """Compares with the pristine copy of what was generated last; a network of one's own is one's own matter."""
    before = stack.base.get("services", service.name) if stack.base else None
    if stack.base is None or not isinstance(before, dict):
        return
    apart = mapping(stack.base.get("networks")).keys() - mapping(long_form(before).get("networks")).keys()
    for name in service.networks:
        if name in apart:
            yield flaw(stack, service, f"joined network {name}, which it was generated apart from", "networks", name)


RULE = Rule(
    id="network-joined",
    title="No service has joined a network that it was generated apart from",
    why=(
        "What a program cannot reach cannot harm it, and what it cannot be reached by neither: Redis is on no network "
        "that leads outside, the Docker API is seen by one exporter alone. One more network undoes that."
    ),
    fix=(
        "'midwatch resolve compose.yaml:services.NAME.networks --theirs' takes it back; or say why under "
        "x-midwatch.exceptions.networks"
    ),
    blocker=Blocker.HARDENING,
    check=each_service(_check, "networks"),
    good="redis:\n  networks: [redis]",
    bad="redis:\n  networks: [redis, edge]",
    exception="networks",
)
