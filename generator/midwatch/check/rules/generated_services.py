"""Every service that was generated is still there."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.catalogue import components, serves
from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack

MANY = 4
"""So many that are gone were hardly all meant: a file that was written by half is valid YAML too."""


def _check(stack: Stack) -> Iterator[Flaw]:
    """Compares with the pristine copy of what was generated last; without one there is nothing to say."""
    before = mapping(stack.base.get("services")) if stack.base else {}
    here = mapping(stack.compose.get("services"))
    gone = [str(name) for name in before if name not in here]
    at = stack.at("services")
    if len(gone) >= MANY:
        text = f"{len(gone)} of {len(before)} services that were generated are gone: is {stack.compose.path} whole?"
        yield Flaw(text, at, blocker=Blocker.ALERTING)
    for name in gone:
        blocker, impact = _opened(stack, name)
        yield Flaw(f"{name}: removed by hand{f': {impact}' if impact else ''}", at, name, blocker=blocker)


def _opened(stack: Stack, service: str) -> tuple[Blocker, str]:
    """What it opens that this service is gone, and what is lost with it; of one's own nobody knows."""
    known = components().get(serves(service, stack.spec))
    if known is None:
        return Blocker.SILENT_FAILURE, ""
    item = service.removeprefix(known.called.partition("{item}")[0])
    return known.guards, known.impact.replace("{item}", item)


RULE = Rule(
    id="generated-services",
    title="Every service that was generated is still there",
    why=(
        "A service that a person removed from compose.yaml stays away: 'midwatch generate' does not bring it back, and "
        "nothing else misses it. The dead-man sidecar is silent on a good day too, and a backup is missed last."
    ),
    fix=(
        "'midwatch resolve compose.yaml:services.NAME --theirs' brings it back; what the stack shall do without is "
        "switched off in stack.yaml, or taken out by a fragment of extra.compose with !reset"
    ),
    blocker=Blocker.SILENT_FAILURE,
    check=_check,
    good="# every service of .midwatch/base/compose.yaml is in compose.yaml",
    bad="# deadman was removed",
)
