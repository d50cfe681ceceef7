"""Every named volume is declared."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        for mount in service.mounts:
            if mount.kind == "volume" and mount.source not in stack.parts["volumes"]:
                what = f"volume {mount.source}, which is not declared" if mount.source else "a volume without a name"
                yield flaw(stack, service, f"mounts {what} ({mount.target})", "volumes", mount.index)


RULE = Rule(
    id="volume-declared",
    title="Every volume has a name and is declared",
    why=(
        "A volume that is not declared keeps the whole stack from starting; one without a name is new with each "
        "container, and what it held is lost without a word."
    ),
    fix="declare it under volumes",
    blocker=Blocker.BACKUP,
    check=_check,
    good='volumes:\n  redis-data:\n    x-midwatch: {size: 2GiB, backup: "restic, every 24h"}',
    bad="services:\n  redis:\n    volumes:\n      - /data",
)
