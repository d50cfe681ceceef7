"""What one run of `check` finds and another does not, whatever lines and numbers have moved between them.

So `generate` and `diff` tell what a hand edit does: they judge the stack with it, and as it was generated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from midwatch.check import run
from midwatch.check.compose import FILE_NAMES
from midwatch.check.finding import Blocker, Finding
from midwatch.check.stack import Stack, file_of, with_files

if TYPE_CHECKING:
    from midwatch.render.model import Tree

GENERAL = "safety-line"
"""The rule that says of a line that it is gone; another one that says what that means is the better answer."""

COMPOSE = FILE_NAMES[0]
"""The compose file that midwatch writes."""

_ASIDE = re.compile(r" \([^()]*\)$")
"""Where to look, and whom it concerns: ``secret x has not been made yet (secrets/x, for alertmanager, deadman)``."""
Signature = tuple[str, str, str, str]


def as_generated(stack: Stack, tree: Tree, paths: Iterable[str]) -> Stack:
    """The stack with these files as they are in a tree, and without those that it has not."""
    there = {path: tree.get(path) for path in paths}
    return with_files(
        stack,
        {path: file_of(path, one.data, executable=one.executable) if one else None for path, one in there.items()},
    )


def found(stack: Stack) -> tuple[Finding, ...]:
    """What the rules find that is not meant to be so."""
    return tuple(finding for finding in run.run(stack, judges=False).findings if finding.severity != "info")


def without_stack() -> Finding:
    """What it opens that the compose file itself was removed: there is nothing left that rules could judge."""
    message = "removed by hand, and with it the whole stack"
    return Finding("generated-files", "error", message, COMPOSE, blocker=Blocker.ALERTING)


def signature(finding: Finding) -> Signature:
    """What makes it the same finding though lines and numbers have moved, or others that it concerns came or went."""
    return finding.id, finding.file, finding.service, re.sub(r"[\d.]+", "0", _ASIDE.sub("", finding.message))


def specific(findings: Iterable[Finding]) -> list[Finding]:
    """Without the general finding that a line is gone where a rule of its own says what that means."""
    told = list(findings)
    own = [one for one in told if one.id != GENERAL]
    return [one for one in told if one.id != GENERAL or not any(_about_the_same(one, other) for other in own)]


def _about_the_same(one: Finding, other: Finding) -> bool:
    keys = sorted((f"{one.key}.", f"{other.key}."), key=len)
    return bool(one.service) and one.service == other.service and keys[1].startswith(keys[0])


def more(there: Iterable[Finding], here: Iterable[Finding]) -> list[Finding]:
    """The findings of ``there`` that ``here`` has not, in their order."""
    known = Counter(map(signature, here))
    result = []
    for finding in there:
        mark = signature(finding)
        known[mark] -= 1
        if known[mark] < 0:
            result.append(finding)
    return result
