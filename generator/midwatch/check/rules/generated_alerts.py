"""Every alert that was generated is still there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position, Severity
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import alerts, severities_of
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack, generated
from midwatch.listing import few

OPENED: dict[str, tuple[Blocker, Severity]] = {
    "critical": (Blocker.ALERTING, "error"),
    "warning": (Blocker.SILENT_FAILURE, "error"),
}
"""Severity of an alert -> what it opens that it is gone; one that is only recorded opens nothing."""
MOST_NAMED = 8


def _check(stack: Stack) -> Iterator[Flaw]:
    """Compares with the pristine copies; a rule file that is gone as a whole is told by the rule generated-files."""
    here = Counter(alert.name for alert in alerts(stack))
    for path in stack.lock.files if stack.lock else ():
        before = generated(stack, path) if path in stack.files else None
        if before is None or before.kind is not Kind.RULES or before.text == stack.files[path].text:
            continue
        gone: dict[str, list[str]] = {}
        for name, severity in severities_of(before):
            here[name] -= 1
            if here[name] < 0:
                gone.setdefault(severity, []).append(name)
        for severity, names in gone.items():
            blocker, how = OPENED.get(severity, (Blocker.SILENT_FAILURE, "warning"))
            many = f"{len(names)} {severity} alerts removed by hand: {few(names, MOST_NAMED)}"
            text = many if len(names) > 1 else f"{severity} alert {names[0]} removed by hand"
            yield Flaw(text, Position(path), severity=how, blocker=blocker)


RULE = Rule(
    id="generated-alerts",
    title="Every alert that was generated is still there",
    why=(
        "An alert that was taken out of its file does not fire, and looks like a quiet night. 'midwatch generate' "
        "keeps the edit; its runbook and its test stay, so nothing else misses it."
    ),
    fix=(
        "'midwatch resolve FILE --theirs' brings it back; an alert that nobody wants is switched off in stack.yaml "
        "(alerting.overrides.NAME.off: true), and the readiness card then says so"
    ),
    blocker=Blocker.ALERTING,
    check=_check,
    good="- alert: RedisDown",
    bad="# RedisDown was generated, and is gone",
)
