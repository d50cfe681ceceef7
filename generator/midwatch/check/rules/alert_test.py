"""Every alert has a test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from midwatch.check.document import items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import alerts
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack

_ALERT = re.compile(r"""\bALERTS\{[^}]*\balertname\s*=\s*["'](\w+)["']""")
"""A test may also ask for the series that a firing alert leaves."""


def _check(stack: Stack) -> Iterator[Flaw]:
    fired = set(_fired(stack))
    for alert in alerts(stack):
        if not alert.logs and alert.name not in fired:
            yield Flaw(f"alert {alert.name} has no test in which it fires", alert.at(), key=alert.name)


def _fired(stack: Stack) -> Iterator[str]:
    for file in stack.of(Kind.RULE_TESTS):
        for test in map(mapping, items(file.document.get("tests")) if file.document else []):
            for case in map(mapping, items(test.get("alert_rule_test"))):
                if case.get("exp_alerts"):
                    yield str(case.get("alertname"))
            for case in map(mapping, items(test.get("promql_expr_test"))):
                if case.get("exp_samples"):
                    yield from _ALERT.findall(str(case.get("expr")))


RULE = Rule(
    id="alert-test",
    title="Every alert has a test in which it fires",
    why=(
        "The commonest defect of hand-written rules is an alert that cannot fire. A test that makes it "
        "fire is the only proof."
    ),
    fix="add a case with alertname and exp_alerts to a file of prometheus/tests",
    blocker=Blocker.ALERTING,
    check=_check,
    good="alert_rule_test:\n  - alertname: RedisDown\n    eval_time: 2m\n    exp_alerts: [...]",
    bad="# no test names the alert",
)
