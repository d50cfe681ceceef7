"""Every volume has an owner."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    used = {mount.source for service in stack.services.values() for mount in service.mounts if mount.kind == "volume"}
    for name in stack.parts["volumes"]:
        if name not in used:
            yield Flaw(f"volume {name} is used by no service", stack.at("volumes", name), key=f"volumes.{name}")


RULE = Rule(
    id="volume-owner",
    title="Every named volume is used by a service",
    why=(
        "A volume that nobody mounts is data that somebody thinks is kept, or a store that writes into "
        "its container and loses all at the next update."
    ),
    fix="mount the volume in the service that it belongs to, or remove it",
    blocker=Blocker.BACKUP,
    check=_check,
    good="services:\n  redis:\n    volumes:\n      - redis-data:/data",
    bad="# redis-data is declared, and no service mounts it",
)
