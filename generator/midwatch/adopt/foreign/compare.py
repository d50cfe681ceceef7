"""What the stack of a proposed spec has otherwise than the stack that it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from midwatch.check import run
from midwatch.check import stack as stacks
from midwatch.check.finding import BLOCKERS, Blocker, Finding
from midwatch.check.stack import Stack
from midwatch.diff.model import Diff
from midwatch.diff.stacks import difference
from midwatch.render.project import SPEC_FILE, known
from midwatch.render.tree import render
from midwatch.spec.load import parse

_LATER = frozenset({"secret-files", "secret-directory", "secret-ignored", "webhook-secret", "up-to-date"})
"""Rules about what `midwatch secrets` and git do after generating: they say nothing about the stack itself."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``diff`` goes from the old stack to the new one; ``errors`` counts findings of each line of the review, old and
    new; ``left`` are those of the new one."""

    diff: Diff
    errors: Mapping[Blocker, tuple[int, int]]
    left: tuple[Finding, ...]


def against(old: Stack, spec_text: str) -> Comparison:
    """Hold the stack that a spec gives against another one. Raises SpecError."""
    with TemporaryDirectory(prefix="midwatch-adopt-") as name:
        folder = Path(name)
        (folder / SPEC_FILE).write_text(spec_text, encoding="utf-8")
        for path, file in render(parse(spec_text, known=known())).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file.data)
        new = stacks.read(folder, use_compose=False)
        sides = (_errors(old), _errors(new))
        before, after = (Counter(found.blocker for found in side) for side in sides)
        counts = {blocker: (before[blocker], after[blocker]) for blocker in BLOCKERS}
        return Comparison(difference(old, new), {line: pair for line, pair in counts.items() if any(pair)}, sides[1])


def _errors(stack: Stack) -> tuple[Finding, ...]:
    findings = run.run(stack, judges=False).findings
    return tuple(found for found in findings if found.severity == "error" and found.id not in _LATER)
