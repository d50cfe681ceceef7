"""An alert always fires."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import ALWAYS, alerts
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    uses = list(stack.uses(Kind.PROMETHEUS))
    if uses and not any(alert.expr.strip() in ALWAYS for alert in alerts(stack)):
        use = uses[0]
        at = use.file.document.at("rule_files") if use.file.document else Position(use.file.path)
        yield Flaw(f"{use.service.name}: no alert always fires (Watchdog)", at, use.service.name)


RULE = Rule(
    id="watchdog",
    title="One alert always fires, so that silence can be told from health",
    why=("If Prometheus or Alertmanager is dead, nothing pages. A Watchdog that stops arriving is the only sign."),
    fix="add an alert Watchdog with the expression vector(1), and something outside that notices when it stops",
    blocker=Blocker.ALERTING,
    check=_check,
    good="- alert: Watchdog\n  expr: vector(1)",
    bad="# no such alert",
)
