"""Every volume has a backup plan."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for name, volume in stack.parts["volumes"].items():
        if not mapping(volume.get("x-midwatch")).get("backup"):
            at = stack.at("volumes", name, "x-midwatch")
            yield Flaw(f"volume {name} has no backup plan", at, key=f"volumes.{name}")


RULE = Rule(
    id="volume-backup",
    title="Every volume says how it is saved, or why it need not be",
    why=(
        "What nobody decided to save is not saved. The decision that a volume is worth nothing is one "
        "too, and is written down."
    ),
    fix='write x-midwatch: {backup: "..."} on the volume: how and how often, or "none: why"',
    blocker=Blocker.BACKUP,
    check=_check,
    good='volumes:\n  redis-data:\n    x-midwatch:\n      backup: "restic, every 24h"',
    bad="volumes:\n  redis-data:",
)
