"""Redis asks who is there."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.redisconf import parse
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.REDIS):
        directives = parse(use.file)
        if not {"aclfile", "requirepass", "user"} & directives.keys():
            text = f"{use.service.name}: Redis has neither a password nor access rules"
            yield Flaw(text, Position(use.file.path), use.service.name)


RULE = Rule(
    id="redis-access",
    title="Redis has a password or access rules",
    why=("Whoever reaches an open Redis can read every session, and write files on its disk."),
    fix="set aclfile to a mounted secret",
    blocker=Blocker.REDIS,
    check=_check,
    good="aclfile /run/secrets/redis_users_acl",
    bad="# neither aclfile nor requirepass",
)
