"""What changes do to the stack's safety: the rules of `check` before and after, and which change is behind what.

A finding belongs to a change when it is gone once that change alone is taken back; where several changes are needed
for it, to each that brings it about alone; else to all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from midwatch.check.compare import GENERAL, more, signature
from midwatch.check.compare import found as found_in
from midwatch.check.finding import Finding
from midwatch.check.kinds import Kind
from midwatch.check.rule import Rule, all_rules
from midwatch.check.stack import File, Stack, with_files
from midwatch.diff.model import ABSENT, Change, Effect
from midwatch.merge.build import build
from midwatch.merge.model import Node, plain, put

_MOST = 500
"""Most trials of a change against a finding; beyond them a finding belongs to all changes together."""


@dataclass(frozen=True, slots=True)
class Effects:
    """``of[n]`` are the effects of change number n; ``together`` those that no single one explains."""

    of: Mapping[int, tuple[Effect, ...]]
    together: tuple[Effect, ...]


def effects(before: Stack, after: Stack, changes: Sequence[Change]) -> Effects:
    """The findings that the changes open or close, each with the changes that do. Reads nothing from disk."""
    return _explained(before, after, _Trial(before, after, changes))


def between(old: Stack, new: Stack, changes: Sequence[Change], renamed: Mapping[str, str]) -> Effects:
    """The same for two stacks that are not versions of each other: a change can be taken back in the new one, but not
    be made alone in the old one. ``renamed``: path of a file in the old stack -> that in the new one."""
    return _explained(old, new, _Trial(None, new, changes), renamed)


def _explained(before: Stack, after: Stack, trial: _Trial, renamed: Mapping[str, str] | None = None) -> Effects:
    names = renamed or {}
    old = [replace(finding, file=names.get(finding.file, finding.file)) for finding in found_in(before)]
    new = found_in(after)
    opened = more(new, old)
    # Of a stack that cannot be read, or is none, nothing is found; that closes nothing.
    closed = more(old, new) if before.services and after.services else []
    # Nor does a service that is gone: it just is not there.
    closed = [finding for finding in closed if not finding.service or finding.service in after.services]
    found = [Effect(finding) for finding in opened] + [Effect(finding, closes=True) for finding in closed]
    of: dict[int, list[Effect]] = {}
    together = []
    for effect in found:
        causes = trial.causes(effect)
        for index in causes:
            of.setdefault(index, []).append(effect)
        if not causes:
            together.append(effect)
    return Effects({index: _specific(trial.changes[index], list_) for index, list_ in of.items()}, tuple(together))


def _specific(change: Change, found: Sequence[Effect]) -> tuple[Effect, ...]:
    """Without the general finding where a rule of its own says what it means, and without closing what is re-opened:
    where a limit is gone, it is no gain that nothing hangs off it any more."""
    opened = {effect.blocker for effect in found if not effect.closes and change.after is ABSENT}
    told = [effect for effect in found if not (effect.closes and effect.blocker in opened)]
    better = [effect for effect in told if effect.finding.id != GENERAL]
    return tuple(better or told)


class _Trial:
    """Takes single changes back, or makes them alone, and asks one rule what it finds then."""

    def __init__(self, before: Stack | None, after: Stack, changes: Sequence[Change]) -> None:
        self.before, self.after, self.changes = before, after, changes
        self.rules: Mapping[str, Rule] = {rule.id: rule for rule in all_rules()}
        self.without: dict[int, Stack] = {}
        self.alone: dict[int, Stack] = {}
        self.left = _MOST

    def causes(self, effect: Effect) -> list[int]:
        """The numbers of the changes behind an effect."""
        rule = self.rules.get(effect.finding.id)
        near = list(self._near(effect.finding))
        far = [index for index in range(len(self.changes)) if index not in near] if self.before else []
        for candidates in (near, far) if rule else ():
            for undo in (True, False):
                causes = [index for index in candidates if rule and self._explains(effect, rule, index, undo=undo)]
                if causes:
                    return causes
        return [index for index in near if self._is_at(self.changes[index], effect.finding)]

    def _near(self, finding: Finding) -> Iterator[int]:
        """Changes of the finding's own service; of its file where it names none."""
        for index, change in enumerate(self.changes):
            if not finding.service:
                yield index
            elif change.kind is Kind.COMPOSE:
                if finding.service in change.steps[1:2]:
                    yield index
            elif change.file == finding.file:
                yield index

    @staticmethod
    def _is_at(change: Change, finding: Finding) -> bool:
        """For what no trial can tell, such as a secret in a text: the finding is in the changed file, on its line."""
        if change.file != finding.file:
            return False
        return not change.path or (change.new is not None and change.where.line == finding.line > 0)

    def _explains(self, effect: Effect, rule: Rule, index: int, *, undo: bool) -> bool:
        """Whether the effect comes and goes with this change."""
        stack = self._stack(index, undo=undo) if self.left > 0 else None
        if stack is None:
            return False
        self.left -= 1
        mark = signature(effect.finding)
        there = any(signature(found) == mark for found in rule.findings(stack))
        # Without the change a finding that it opens is gone, and one that it closes is back; alone the other way round.
        return there == (effect.closes if undo else not effect.closes)

    def _stack(self, index: int, *, undo: bool) -> Stack | None:
        """The stack without this change, or with this one alone; None where that cannot be had."""
        change = self.changes[index]
        if self.before is None and not (undo and change.path):
            return None
        stacks = self.without if undo else self.alone
        if index not in stacks:
            before = self.before or self.after
            stacks[index] = _undone(self.after, before, change) if undo else _done(before, self.after, change)
        return stacks[index]


def _undone(after: Stack, before: Stack, change: Change) -> Stack:
    if not change.path:
        return with_files(after, {change.file: before.files.get(change.file)})
    return _grafted(after, change, change.old)


def _done(before: Stack, after: Stack, change: Change) -> Stack:
    if not change.path:
        return with_files(before, {change.file: after.files.get(change.file)})
    return _grafted(before, change, change.new)


def _grafted(stack: Stack, change: Change, node: Node | None) -> Stack:
    """The stack with this value (None: none) at the change's place."""
    file = stack.files.get(change.file)
    if file is None or file.document is None:
        return stack
    tree = put(build(change.kind, file.document.data), change.path, node)
    if tree is None:
        return stack
    changed = File(file.path, file.kind, file.text, replace(file.document, data=plain(tree)))
    return with_files(stack, {change.file: changed})
