"""One sentence for one change, and what it does to the stack's safety."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from midwatch import hiding
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.diff.model import ABSENT, Change, Effect, Origin
from midwatch.diff.names import Name, Steps, name
from midwatch.diff.threshold import threshold
from midwatch.diff.values import apart, exact_size, short, shown, whole
from midwatch.listing import few

_BY = {
    Origin.HAND: " (by hand)",
    Origin.SPEC: " (from {})",
    Origin.BOTH: " (by hand, and from {})",
    Origin.CONFLICT: "",
    Origin.OTHER: "",
}


def sentence(change: Change, effects: Sequence[Effect] = (), cause: str = "the spec") -> str:
    """``prometheus memory limit 1GiB → 2GiB (by hand): re-opens blocker 3: the budget is exceeded by 512 MiB``."""
    text = hiding.form(_whole_file(change) if not change.path else _value(change))
    told = effects_text(effects, change)
    return f"{text}{_BY[change.origin].format(cause)}" + (f": {told}" if told else "")


def effects_text(effects: Sequence[Effect], change: Change | None = None) -> str:
    """``re-opens warning 3; closes blocker 5: …``: one line of the review after the other."""
    return "; ".join(effects_lines(effects, change))


def effects_lines(effects: Sequence[Effect], change: Change | None = None) -> list[str]:
    """One text for each line of the review, with the findings' own words where they say more than the change does."""
    said: dict[str, list[str]] = {}
    for effect in effects:
        words = said.setdefault(_head(effect), [])
        if change is None or change.after is not ABSENT or not _about(change, effect):
            words.append(effect.finding.message.removeprefix(f"{effect.finding.service}: "))
    # Each is a sentence: two are told.
    return [f"{head}: {few(words, 2)}" if words else head for head, words in said.items()]


def _head(effect: Effect) -> str:
    finding = effect.finding
    if finding.id == "unreadable":  # What it would weaken nobody knows; without some files there is no alerting at all.
        known = "" if effect.blocker is Blocker.SILENT_FAILURE else f"re-opens {effect.line}, "
        return "can be judged again" if effect.closes else f"{known}not judged"
    if effect.blocker is Blocker.HARDENING:
        head = "strengthens the hardening" if effect.closes else "weakens the hardening"
    elif effect.blocker.value.startswith("strength"):
        head = f"{'regains' if effect.closes else 'loses'} {effect.line}"
    else:
        head = f"{'closes' if effect.closes else 're-opens'} {effect.line}"
    return f"{head} (only a warning in this profile)" if finding.severity == "warning" else head


def _about(change: Change, effect: Effect) -> bool:
    """Whether the finding only says again that this very thing is gone."""
    if not change.path or effect.closes:
        return False
    what = name(change.file, change.kind, change.steps).what.lower()
    return change.steps[-1] in effect.finding.key.split(".") or bool(what and what in effect.finding.message.lower())


def _whole_file(change: Change) -> str:
    if change.after is ABSENT:
        return f"{change.file} removed"
    if change.before is ABSENT:
        return f"{change.file} added"
    if change.lines is None:
        return f"{change.file}: {change.before} → {change.after}"
    removed, added = change.lines
    if removed <= 1 and added <= 1 and (change.before or change.after):
        before, after = hiding.text(change.before.strip()), hiding.text(change.after.strip())
        if removed and added:
            return f"{change.file}: {' → '.join(apart([before, after]))}"
        return f"{change.file}: 1 line {'removed' if removed else 'added'}: {short(before if removed else after)}"
    parts = [f"{count} line{'s' if count > 1 else ''} {verb}"
             for count, verb in ((removed, "removed"), (added, "added")) if count]  # fmt: skip
    return f"{change.file}: {', '.join(parts)}"


def _value(change: Change) -> str:
    steps, before, after = _deepest(change.steps, change.before, change.after)
    called = name(change.file, change.kind, steps)
    if change.origin is Origin.CONFLICT:
        return _conflict(change, name(change.file, change.kind, change.steps))
    if after is ABSENT:
        return f"{called.what} removed from {called.subject}" if called.what else f"{called.subject} removed"
    if before is ABSENT:
        if not called.what:
            return f"{called.subject} added"
        return f"{called.what} added to {called.subject}{_given(change, after, called)}"
    subject = " ".join(part for part in (called.subject, called.what) if part)
    if items := _items(before, after):
        return f"{subject}: {items}"
    if found := _threshold(change):
        return f"{called.subject} threshold {found[0]} → {found[1]}"
    was, now = _sides((before, after), called, change)
    return f"{subject} {was} → {now}"


def _threshold(change: Change) -> tuple[str, str] | None:
    """The threshold before and after, where nothing else of an alert's expression differs."""
    alert = change.kind is Kind.RULES and change.steps[-1:] == ("expr",)
    return threshold(str(change.before), str(change.after)) if alert else None


def _deepest(steps: Steps, before: Any, after: Any) -> tuple[Steps, Any, Any]:
    """``deploy: {resources: {limits: {memory: 1g}}}`` that came or went as a whole is a memory limit."""
    value = after if before is ABSENT else before
    while ABSENT in (before, after) and len(steps) > 2 and isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        steps = (*steps, str(key))
    return (steps, ABSENT, value) if before is ABSENT else (steps, value if after is ABSENT else before, after)


def _given(change: Change, value: Any, called: Name) -> str:
    """``: 30s``, but nothing where the name says it all, as with an item of a list."""
    if value in (None, {}, []) or (isinstance(value, str) and value in called.what):
        return ""
    return f": {_shown(value, called, change)}"


def _conflict(change: Change, called: Name) -> str:
    subject = " ".join(part for part in (called.subject, called.what) if part)
    was, mine, wanted = _sides((change.before, change.after, change.wanted), called, change)
    return f"{subject}: was {was}, is {mine} by hand, would be {wanted} now"


def _shown(value: Any, called: Name, change: Change) -> str:
    return short(_whole(value, called, change))


def _sides(values: Sequence[Any], called: Name, change: Change) -> list[str]:
    """Values that differ, as they are shown side by side; sizes to the byte where rounding would make them alike."""
    texts = [_whole(value, called, change) for value in values]
    if called.size and len({*texts}) < len(texts):
        texts = [exact_size(value) or text for value, text in zip(values, texts, strict=True)]
    return apart(texts)


def _whole(value: Any, called: Name, change: Change) -> str:
    key = change.steps[-1]
    if isinstance(value, str) and key.startswith("--"):  # The flag's name is said already.
        value = value.removeprefix(f"{key}=")
    return whole(value, size=called.size, name=key)


def _items(before: Any, after: Any) -> str:
    """What came and went in a list of plain values; empty for anything else."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return ""
    if any(isinstance(item, dict | list) for item in (*before, *after)):
        return ""
    gone = [item for item in before if item not in after]
    new = [item for item in after if item not in before]
    if not gone and not new:
        return "another order"
    if len(gone) == len(new) == 1:
        return f"{shown(gone[0])} → {shown(new[0])}"
    return ", ".join([*(f"without {shown(item)}" for item in gone), *(f"with {shown(item)}" for item in new)])
