"""No conflict between a hand edit and the spec is left unsettled."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.errors import TargetError
from midwatch.regenerate import standing
from midwatch.regenerate.paths import CONFLICTS


def _check(stack: Stack) -> Iterator[Flaw]:
    try:
        left = standing.current(stack.folder)
    except TargetError:
        yield Flaw("its list of conflicts cannot be read", Position(CONFLICTS))
        return
    for one in left:
        if one.why:
            message = f"{f'{one.key}: ' if one.key else ''}what is generated now is not in the file: {one.why}"
        else:
            message = f"{one.what}: a hand edit and the spec say different things; the file holds the edit"
        yield Flaw(message, Position(one.file, one.line, one.column), key=one.key)


RULE = Rule(
    id="conflict-settled",
    title="No conflict between a hand edit and the spec is left unsettled",
    why=(
        "Where a person and the spec changed one value to different things, 'midwatch generate' keeps the person's. It "
        "may be the right one; but until somebody has looked, a fix that came with the new stack is not in place."
    ),
    fix="run 'midwatch resolve': keep yours, take what is generated, or write another value",
    blocker=Blocker.ROLLBACK,
    check=_check,
    good="# .midwatch/conflicts.yaml is not there",
    bad="conflicts: [{file: compose.yaml, line: 33, key: services.loki.mem_limit}]",
)
