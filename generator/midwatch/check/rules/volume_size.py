"""Every volume has a size."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.units import docker_size


def _check(stack: Stack) -> Iterator[Flaw]:
    for name, volume in stack.parts["volumes"].items():
        if volume.get("external"):
            continue
        if not docker_size(mapping(volume.get("x-midwatch")).get("size")):
            yield Flaw(f"volume {name} has no size", stack.at("volumes", name, "x-midwatch"), key=f"volumes.{name}")


RULE = Rule(
    id="volume-size",
    title="Every volume says how large it may become",
    why=("A disk budget is only as good as its parts: a volume without a size is the one that fills the disk."),
    fix="write x-midwatch: {size: 10GiB} on the volume",
    blocker=Blocker.RETENTION,
    since=Profile.STAGING,
    check=_check,
    good="volumes:\n  prometheus-data:\n    x-midwatch:\n      size: 10GiB",
    bad="volumes:\n  prometheus-data:",
)
