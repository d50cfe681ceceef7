"""No conflict between a hand edit and the spec is left unsettled."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check import walk
from midwatch.check.document import items, mapping, parse
from midwatch.check.finding import Blocker, Position
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.errors import TargetError
from midwatch.regenerate import standing, unsettled
from midwatch.regenerate.paths import CONFLICTS


def _check(stack: Stack) -> Iterator[Flaw]:
    raw = walk.read(stack.folder, CONFLICTS)
    if raw is None:
        return
    listed = items(mapping(parse(CONFLICTS, raw).data).get("conflicts"))
    if not listed:
        yield Flaw("its list of conflicts cannot be read", Position(CONFLICTS))
    over = _over(stack)
    for one in map(mapping, listed):
        file, key, line = str(one.get("file")), str(one.get("key") or ""), one.get("line")
        if (file, key, line) in over:
            continue
        if why := str(one.get("why") or ""):
            message = f"{f'{key}: ' if key else ''}what is generated now is not in the file: {why}"
        else:
            what = key or "these lines"
            message = f"{what}: a hand edit and the spec say different things; the file holds the edit"
        yield Flaw(message, Position(file, line if isinstance(line, int) else 0), key=key)


def _over(stack: Stack) -> set[tuple[str, str, object]]:
    """Listed conflicts that are none any more: the file says what is generated now."""
    try:
        listed, left = unsettled.read(stack.folder), {one.name for one in standing.current(stack.folder)}
    except TargetError:
        return set()
    return {(one.file, one.key, one.line) for one in listed if one.name not in left}


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
