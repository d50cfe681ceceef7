"""Redis evicts no live session."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.redisconf import parse
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is None or stack.spec.redis.use == "cache":
        return
    for use in stack.uses(Kind.REDIS):
        directive = parse(use.file).get("maxmemory-policy")
        if directive and directive.args[:1] != ("noeviction",):
            text = f"{' '.join(directive.args)} evicts what is in use; it holds {stack.spec.redis.use}"
            yield Flaw(f"{use.service.name}: {text}", directive.at, use.service.name)


RULE = Rule(
    id="redis-eviction",
    title="Redis evicts nothing unless it is a cache",
    why=(
        "With any other policy than noeviction a full Redis throws live sessions or queued jobs away "
        "without a word: people are logged out, and nothing is in any log."
    ),
    fix="set maxmemory-policy noeviction, or say redis.use: cache in stack.yaml",
    blocker=Blocker.REDIS,
    check=_check,
    good="maxmemory-policy noeviction",
    bad="maxmemory-policy allkeys-lru  # and redis.use: sessions",
)
