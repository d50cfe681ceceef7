"""Every volume has a backup plan, and the sidecar that it names."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack

SIDECAR = "backup-"
"""What the name of a service that saves a volume begins with, where the plan names one."""


def _check(stack: Stack) -> Iterator[Flaw]:
    for name, volume in stack.parts["volumes"].items():
        at, key = stack.at("volumes", name, "x-midwatch"), f"volumes.{name}"
        plan = mapping(volume.get("x-midwatch")).get("backup")
        if not plan:
            yield Flaw(f"volume {name} has no backup plan", at, key=key)
            continue
        sidecar = str(plan).partition(":")[0]
        if sidecar.startswith(SIDECAR) and not _mounts(stack, sidecar, name):
            yield Flaw(f"volume {name} is to be saved by {sidecar}, and no such service mounts it", at, key=key)


def _mounts(stack: Stack, service: str, volume: str) -> bool:
    mounts = stack.services[service].mounts if service in stack.services else ()
    return any(mount.kind == "volume" and mount.source == volume for mount in mounts)


RULE = Rule(
    id="volume-backup",
    title="Every volume says how it is saved, or why it need not be",
    why=(
        "What nobody decided to save is not saved. The decision that a volume is worth nothing is one "
        "too, and is written down. A sidecar that is named and not there saves nothing."
    ),
    fix='write x-midwatch: {backup: "..."} on the volume: "backup-NAME: how" (which service saves it), or "none: why"',
    blocker=Blocker.BACKUP,
    check=_check,
    good='volumes:\n  redis-data:\n    x-midwatch:\n      backup: "backup-redis: dump and append-only file"',
    bad="volumes:\n  redis-data:",
)
