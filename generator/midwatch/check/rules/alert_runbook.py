"""Every alert has a runbook."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.prometheus import alerts
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for alert in alerts(stack):
        if not alert.annotations.get("runbook_url"):
            yield Flaw(f"alert {alert.name} has no runbook_url", alert.at("annotations"), key=alert.name)
        if f"runbooks/{alert.name}.md" not in stack.files:
            yield Flaw(f"alert {alert.name} has no runbook (runbooks/{alert.name}.md)", alert.at(), key=alert.name)


RULE = Rule(
    id="alert-runbook",
    title="Every alert has a runbook, and a link to it",
    why=("An alert without a next step is a noise. At 3 a.m. nobody searches a wiki."),
    fix="write runbooks/<Alert>.md and set the annotation runbook_url",
    blocker=Blocker.RUNBOOKS,
    check=_check,
    good="annotations:\n  runbook_url: http://127.0.0.1:8080/RedisDown",
    bad="annotations: {}",
)
