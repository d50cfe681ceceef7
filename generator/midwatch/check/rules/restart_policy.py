"""Every service is restarted when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    policy = str(service.raw.get("restart") or "").partition(":")[0]
    if policy not in {"always", "unless-stopped", "on-failure"} and not service.one_shot:
        yield flaw(stack, service, "is not restarted when it ends", "restart")


RULE = Rule(
    id="restart-policy",
    title="Every service is restarted when it ends, one-shot services excepted",
    why=("A container without a policy stays down after its first crash and after a reboot of the host."),
    fix='set restart: unless-stopped (or x-midwatch.one_shot: true with restart: "no" for a service that runs once)',
    blocker=Blocker.SILENT_FAILURE,
    check=each_service(_check),
    good="restart: unless-stopped",
    bad='restart: "no"',
)
