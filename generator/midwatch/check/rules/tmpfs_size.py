"""Every tmpfs has a size that fits the memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack
from midwatch.check.units import human


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in stack.services.values():
        mounts = [mount for mount in service.mounts if mount.kind == "tmpfs"]
        for mount in mounts:
            if not mount.size:
                key = ("tmpfs",) if mount.index < 0 else ("volumes", mount.index)
                yield flaw(stack, service, f"has a tmpfs without a size at {mount.target}", *key)
        total, limit = sum(mount.size or 0 for mount in mounts), service.memory_limit
        if limit is not None and total >= limit:
            yield flaw(stack, service, f"has {human(total)} of tmpfs and a memory limit of {human(limit)}", "tmpfs")


RULE = Rule(
    id="tmpfs-size",
    title="Every tmpfs has a size, and they fit the memory limit",
    why=("What lies in a tmpfs counts as the container's memory; without a size it may grow to half of the host's."),
    fix="add size=16m to the tmpfs",
    blocker=Blocker.LIMITS,
    check=_check,
    good="tmpfs:\n  - /tmp:size=16m,mode=1777",
    bad="tmpfs:\n  - /tmp",
)
