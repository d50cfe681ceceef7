"""Which lines of the review the hand edits of a project re-open: the rules of ``check``, with and without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from midwatch.errors import TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate import stored
from midwatch.render.model import File, Tree

if TYPE_CHECKING:
    from midwatch.check.finding import Finding


ADOPTED = "extra/adopted-"
"""How the paths of the fragments begin that ``adopt`` writes."""


def reopened(folder: Path, tree: Tree, by_hand: Collection[str], written: Mapping[str, File]) -> tuple[Finding, ...]:
    """The errors that are there because of hand edits, each with the blocker or warning that it re-opens.

    ``by_hand`` are the files that differ from the tree; ``written`` those that are not on disk yet, as they will be.
    Where the compose file itself was removed, that alone.
    """
    from midwatch.check import stack as stacks
    from midwatch.check.compare import COMPOSE, as_generated, found, more, specific, without_stack

    if not by_hand:
        return ()
    try:
        there = stacks.read(folder, use_compose=False)
    except TargetError:
        return (without_stack(),) if COMPOSE in by_hand else ()
    after = as_generated(there, written, written)
    pristine = as_generated(after, tree, by_hand)
    opened = specific(more(found(after), found(pristine)))
    return tuple(finding for finding in opened if finding.severity == "error")


def decided(folder: Path) -> tuple[Finding, ...]:
    """The errors that come from adopted edits: they are generated now, so nobody calls them a hand edit any more.

    In the order of the review, the blockers first: a long list is told in short.
    """
    from midwatch.check import stack as stacks
    from midwatch.check.compare import found, specific
    from midwatch.check.finding import BLOCKERS

    here = specific(found(stacks.read(folder, use_compose=False)))
    adopted = [one for one in here if one.severity == "error" and one.file.startswith(ADOPTED)]
    return tuple(sorted(adopted, key=lambda one: list(BLOCKERS).index(one.blocker)))


def reopened_now(folder: Path) -> tuple[Finding, ...]:
    """The same for the project as it lies there, against what was generated last. Raises TargetError."""
    lock = locks.read(folder)
    if lock is None:
        return ()
    tree = stored.read(folder, lock)
    by_hand = {path for path, file in tree.items() if (found := stored.file(folder / path)) is None or found != file}
    return reopened(folder, tree, by_hand, {})
