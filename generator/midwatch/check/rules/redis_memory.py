"""Redis has room for a fork."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.redisconf import parse
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.units import human, redis_size

WITH_FORK = 1.5
WITHOUT_FORK = 1.1


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.REDIS):
        directives, service = parse(use.file), use.service
        directive = directives.get("maxmemory")
        size = redis_size(directive.args[0]) if directive and directive.args else None
        if directive is None or not size:
            at = directive.at if directive else Position(use.file.path)
            yield Flaw(f"{service.name}: has no maxmemory: it grows until it is killed", at, service.name)
            continue
        forks = directives["save"].args != ("",) if "save" in directives else True
        forks = forks or ("appendonly" in directives and directives["appendonly"].args == ("yes",))
        need = size * (WITH_FORK if forks else WITHOUT_FORK)
        if service.memory_limit is not None and service.memory_limit < need:
            have = human(service.memory_limit)
            text = f"{service.name}: maxmemory {human(size)} needs a limit of {human(need)}, it has {have}"
            yield Flaw(text, directive.at, service.name)


RULE = Rule(
    id="redis-memory",
    title="Redis's maxmemory leaves room for a fork below the memory limit",
    why=(
        "To save, Redis forks, and every page that is written meanwhile exists twice. Without room the "
        "kernel kills it in the middle of the save, and again at the next one."
    ),
    fix="set maxmemory, and a memory limit of at least one and a half times as much (twice to be safe)",
    blocker=Blocker.REDIS,
    check=_check,
    good="maxmemory 256mb  # limit of the service: 576m",
    bad="maxmemory 512mb  # limit of the service: 512m",
)
