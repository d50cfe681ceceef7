"""The volumes fit the disk."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.units import docker_size, human


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is None:
        return
    sizes = (docker_size(mapping(volume.get("x-midwatch")).get("size")) for volume in stack.parts["volumes"].values())
    total, have = sum(size or 0 for size in sizes), stack.spec.host.disk
    if total > have:
        sums = f"the volumes add up to {human(total)}, the host has {human(have)}"
        text = f"the budget is exceeded by {human(total - have)} ({sums})"
        yield Flaw(text, stack.at("volumes"), key="volumes")


RULE = Rule(
    id="budget-disk",
    title="The sizes of all volumes together fit the disk",
    why=(
        "A volume that fills the disk takes every other store down with it, and a database that cannot "
        "write loses data."
    ),
    fix="lower retention or sizes, or raise host.disk in stack.yaml if the host has more",
    blocker=Blocker.RETENTION,
    check=_check,
    good="host:\n  disk: 80GiB",
    bad="# volumes of 90 GiB on a disk of 80",
)
