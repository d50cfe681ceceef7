"""Which lines of the review the hand edits of a project re-open: the rules of ``check``, with and without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from midwatch.render.model import File, Tree

if TYPE_CHECKING:
    from midwatch.check.finding import Finding
    from midwatch.check.stack import Stack


def reopened(folder: Path, tree: Tree, by_hand: Collection[str], written: Mapping[str, File]) -> tuple[Finding, ...]:
    """The errors that are there because of hand edits, each with the blocker or warning that it re-opens.

    ``by_hand`` are the files that differ from the tree; ``written`` those that are not on disk yet, as they will be.
    Empty where there is no stack to judge.
    """
    from midwatch.check import stack as stacks
    from midwatch.check.compare import more

    if not by_hand or not (folder / "compose.yaml").is_file():
        return ()
    on_disk = stacks.read(folder, use_compose=False)
    changed = {path: stacks.file_of(path, file.data) for path, file in written.items()}
    after = stacks.with_files(on_disk, changed)
    pristine = stacks.with_files(
        after, {path: stacks.file_of(path, tree[path].data) if path in tree else None for path in by_hand}
    )
    return tuple(more(_errors(after), _errors(pristine)))


def _errors(stack: Stack) -> list[Finding]:
    from midwatch.check.run import run

    return [finding for finding in run(stack, judges=False).findings if finding.severity == "error"]
