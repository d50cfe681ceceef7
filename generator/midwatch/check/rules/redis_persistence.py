"""Redis survives a restart."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.redisconf import parse
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is not None and stack.spec.redis.use == "cache":
        return
    for use in stack.uses(Kind.REDIS):
        directives, service = parse(use.file), use.service
        policy = directives.get("maxmemory-policy")
        if stack.spec is None and policy and policy.args[:1] != ("noeviction",):
            continue  # it evicts, so it is a cache
        mode = directives.get("appendonly")
        if mode is None or mode.args != ("yes",):
            at = mode.at if mode else Position(use.file.path)
            yield Flaw(f"{service.name}: does not write an append-only file", at, service.name)
        folder = directives["dir"].args[0] if "dir" in directives and directives["dir"].args else "/data"
        kept = {mount.target.rstrip("/") for mount in service.mounts if mount.kind == "volume"}
        if folder.rstrip("/") not in kept:
            yield flaw(stack, service, f"has no volume at {folder}, where Redis writes its data", "volumes")


RULE = Rule(
    id="redis-persistence",
    title="Redis that is no cache writes its data to a volume",
    why=("Without an append-only file every restart logs everybody out; that was the review's fifth blocker."),
    fix="set appendonly yes, and mount a named volume at its dir",
    blocker=Blocker.REDIS,
    check=_check,
    good="appendonly yes\ndir /data",
    bad="appendonly no",
)
