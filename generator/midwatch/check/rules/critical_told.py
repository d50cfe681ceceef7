"""Every critical alert is told to somebody, at any hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from midwatch.check.alertmanager import Route, inhibits, routes, tells
from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.prometheus import ALWAYS, Alert, alerts
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack, Use
from midwatch.listing import few

Labelled = Mapping[str, Mapping[str, str]]


def _check(stack: Stack) -> Iterator[Flaw]:
    known = list(alerts(stack))
    critical = {one.name: labels for one in known if (labels := _labels(one)).get("severity") == "critical"}
    always = {one.name: _labels(one) for one in known if one.expr.strip() in ALWAYS}
    parts = {component for one in known if (component := _labels(one).get("component"))}
    # One that does not exist yet, of each component: alerts of one's own, and those of the next version.
    others = {f"any of {part}": {"severity": "critical", "component": part} for part in sorted(parts)}
    for use in stack.uses(Kind.ALERTMANAGER):
        if document := use.file.document:
            yield from _routed(use, document, {**critical, **others} if critical else {})
            yield from _silenced(use, document, critical, always)


def _labels(alert: Alert) -> Mapping[str, str]:
    """Those that it always has; what a template or the expression gives nobody knows here."""
    fixed = {str(name): str(value) for name, value in alert.labels.items() if "{{" not in str(value)}
    return {"alertname": alert.name, **fixed}


def _routed(use: Use, document: Document, critical: Labelled) -> Iterator[Flaw]:
    lost: dict[Route, list[str]] = {}
    for name, labels in critical.items():
        taken = routes(document, labels)
        telling = [route for route in taken if tells(document, route.receiver)]
        if not any(not route.times for route in telling):
            lost.setdefault((telling or taken)[0], []).append(name)
    for route, names in lost.items():
        nobody = not tells(document, route.receiver)
        how = (
            f"go to {route.receiver}, which tells nobody" if nobody else f"are told at some hours only ({route.times})"
        )
        text = f"{use.service.name}: critical alerts {how}: {few(names)}"
        at = document.at(*route.key, "receiver" if nobody else route.times)
        yield Flaw(text, at, use.service.name)


def _silenced(use: Use, document: Document, critical: Labelled, always: Labelled) -> Iterator[Flaw]:
    for index, rule in enumerate(map(mapping, items(document.get("inhibit_rules")))):
        for source, labels in always.items():
            names = [name for name, target in critical.items() if inhibits(rule, labels, target)]
            if names:
                text = f"{use.service.name}: {source}, which always fires, silences critical alerts: {few(names)}"
                yield Flaw(text, document.at("inhibit_rules", index), use.service.name)


RULE = Rule(
    id="critical-told",
    title="Every critical alert is told to somebody, at any hour",
    why=(
        "A route to a receiver that sends nothing, hours that leave the night out, or an inhibit rule whose source "
        "always fires: each is valid, and each is a page that nobody gets. Every critical alert of the rule files is "
        "led through the routes as Alertmanager leads it, and one for each component beside."
    ),
    fix=(
        "lead it to a receiver that sends, without active_time_intervals and mute_time_intervals, and let no inhibit "
        "rule begin with an alert that always fires"
    ),
    blocker=Blocker.ALERTING,
    check=_check,
    good='- matchers: [severity="critical"]\n  receiver: slack-critical',
    bad='- matchers: [severity="critical"]\n  receiver: nobody',
)
