"""Everything that was generated is still there."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker, Position
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.regenerate.paths import LOCK


def _check(stack: Stack) -> Iterator[Flaw]:
    """What a missing file opens is said by the rules that need it; this one names the file in any case."""
    for path in mapping((stack.lock or {}).get("files")):
        target = stack.folder / str(path)
        if not target.exists() and not target.is_symlink():
            yield Flaw(f"{path} was generated, and was removed by hand", Position(LOCK), severity="warning")


RULE = Rule(
    id="generated-files",
    title="Everything that was generated is still there",
    why=(
        "A file that a person removed stays away: 'midwatch generate' does not bring it back. Whoever is woken may "
        "look for just that runbook, or run just that script."
    ),
    fix="'midwatch generate --force' brings it back; it writes over hand edits too, and keeps a copy of each",
    blocker=Blocker.RUNBOOKS,
    check=_check,
    good="# every file of .midwatch/lock.json is there",
    bad="# ops was removed",
)
