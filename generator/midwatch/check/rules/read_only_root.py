"""The root file system of every service is read-only."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if service.raw.get("read_only") is not True:
        yield flaw(stack, service, "has a writable root file system", "read_only")


RULE = Rule(
    id="read-only-root",
    title="The root file system of every service is read-only",
    why=(
        "Whoever breaks into a container cannot change its programs, and whatever must be kept has to be "
        "in a volume, where the backup sees it."
    ),
    fix="set read_only: true, with tmpfs for what must be writable",
    blocker=Blocker.HARDENING,
    since=Profile.STAGING,
    check=each_service(_check, "read_only"),
    good="read_only: true\ntmpfs:\n  - /tmp:size=16m",
    bad="read_only: false",
    exception="read_only",
)
