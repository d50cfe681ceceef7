"""No service runs as root."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    user = str(service.raw.get("user") or "").partition(":")[0]
    if not user:
        yield flaw(stack, service, "names no user", "user")
    elif user in {"0", "root"}:
        yield flaw(stack, service, "runs as root", "user")


RULE = Rule(
    id="non-root-user",
    title="Every service names a user that is not root",
    why=(
        "Root in the container is root on the host for everything that is mounted, and for every kernel "
        "bug. An image's own user may change with its next tag, so the file names it."
    ),
    fix='set user: "uid:gid"',
    blocker=Blocker.HARDENING,
    check=each_service(_check, "user"),
    good='user: "65534:65534"',
    bad='user: "0:0"',
    exception="user",
)
