"""A diff as data for programs, as numbers per file, and as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from midwatch import hiding
from midwatch.check.finding import BLOCKERS, Blocker, Finding
from midwatch.diff.model import ABSENT, Diff, Effect, Explained, Origin
from midwatch.diff.versions import Versions
from midwatch.merge.path import show
from midwatch.render.model import File


def document(diff: Diff) -> dict[str, Any]:
    """The diff for programs; keys are only ever added. A value that is not there has no key."""
    return {
        "format": 1,
        "differs": bool(diff.changes),
        "counts": {origin.value: len(diff.of(origin)) for origin in Origin},
        "grave": diff.grave,
        "reopened": [blocker.value for blocker in reopening(diff)],
        "changes": [_change(one) for one in diff.changes],
        "together": [_effect(effect) for effect in diff.together],
    }


def reopening(diff: Diff) -> Mapping[Blocker, list[Finding]]:
    """The lines of the review that hand edits re-open, each with the errors that do."""
    effects = [effect for one in diff.changes if one.grave for effect in one.effects]
    effects += [effect for effect in diff.together if diff.grave]
    found = [effect.finding for effect in effects if effect.finding.severity == "error" and not effect.closes]
    lines = {blocker: [finding for finding in found if finding.blocker is blocker] for blocker in BLOCKERS}
    return {blocker: findings for blocker, findings in lines.items() if findings}


def _change(one: Explained) -> dict[str, Any]:
    change = one.change
    name = change.steps[-1] if change.path else ""
    values = {"before": change.before, "after": change.after, "wanted": change.wanted}
    given = {key: hiding.value(value, name) for key, value in values.items() if value is not ABSENT and change.path}
    return {
        "origin": change.origin.value,
        "file": change.file,
        "line": change.where.line,
        "column": change.where.column,
        "key": hiding.form(show(change.path)),
        **given,
        **({"removed": change.lines[0], "added": change.lines[1]} if change.lines else {}),
        "sentence": one.sentence,
        "effects": [_effect(effect) for effect in one.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    finding = effect.finding
    return {
        "closes": effect.closes,
        "line": effect.blocker.value,
        "id": finding.id,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "at_line": finding.line,
    }


def stat(diff: Diff) -> Iterator[tuple[str, Mapping[Origin, int]]]:
    """Each file that differs, and its number of changes by origin."""
    counts: dict[str, Counter[Origin]] = {}
    for one in diff.changes:
        counts.setdefault(one.change.file, Counter())[one.change.origin] += 1
    yield from counts.items()


def by_line(versions: Versions) -> Iterator[str]:
    """The line diff: what was edited since it was generated, then what ``generate`` would change in that."""
    for path in versions.differing():
        base, ours, theirs = (side.get(path) for side in (versions.base, versions.ours, versions.theirs))
        if _data(base) != _data(ours):
            yield from unified(base, ours, f"generated/{path}", f"disk/{path}")
        if _data(base) != _data(theirs):
            yield from unified(base, theirs, f"generated/{path}", f"pending/{path}")


def unified(old: File | None, new: File | None, old_name: str, new_name: str) -> Iterator[str]:
    """A unified diff of two files without their secrets; of anything but text it only says that they differ."""
    try:
        before, after = (_data(side).decode().splitlines() for side in (old, new))
    except UnicodeDecodeError:
        yield f"Binary files {old_name} and {new_name} differ"
        return
    names = (old_name if old else "/dev/null", new_name if new else "/dev/null")
    # What differs may be a secret alone, so the lines are compared as they are, and shown as they may be.
    shown = {
        line: told
        for side in (before, after)
        for line, told in zip(side, hiding.lines(side), strict=True)
        if told != line
    }
    for line in unified_diff(before, after, *names, lineterm=""):
        yield line[:1] + shown.get(line[1:], line[1:])


def _data(file: File | None) -> bytes:
    return file.data if file else b""
