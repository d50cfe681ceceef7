"""The labels that an alert uses are there."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.exports import exports
from midwatch.check.finding import Blocker
from midwatch.check.prometheus import Alert, promql_rules
from midwatch.check.promlabels import Branches, follow, used_in_text
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    exported = exports(stack)
    if not exported.scrapes:
        return
    for rule in promql_rules(stack):
        try:
            branches, slips = follow(rule.expr, exported.labels)
        except ValueError:
            continue  # alert-metrics says so
        for slip in slips:
            yield Flaw(f"{rule}: {slip.place} uses {slip.label}, which no series has", rule.at("expr"), key=rule.name)
        if isinstance(rule, Alert):
            yield from flaws_of_texts(rule, branches)


def flaws_of_texts(alert: Alert, branches: Branches) -> Iterator[Flaw]:
    """Labels that the annotations and labels of an alert show, and that its result does not have."""
    for part, texts in (("annotations", alert.annotations), ("labels", alert.labels)):
        for key, text in texts.items():
            for label in dict.fromkeys(used_in_text(str(text))):
                if any(labels is not None and label not in labels for labels in branches):
                    message = f"{alert}: {key} shows $labels.{label}, which its expression does not leave"
                    yield Flaw(message, alert.at(part, key), key=alert.name)


RULE = Rule(
    id="alert-labels",
    title="Every label that an alert uses is one that its series have",
    why=(
        "A matcher on a label that no series has never matches, a grouping by one is none, a join on one joins "
        "everything, and a text that shows one shows nothing. Prometheus accepts all of it. The labels come from what "
        "each component of the catalogue was seen to export, and from what the scrape jobs add; series of an unknown "
        "component are not judged."
    ),
    fix="use a label that the series have (ask Prometheus for the metric), or keep it in by (...), on (...)",
    blocker=Blocker.ALERTING,
    check=_check,
    good='expr: sum by (job, err) (increase(redis_errors_total{err="OOM"}[1m])) > 0',
    bad='expr: sum by (job, error) (increase(redis_errors_total{err="OOM"}[1m])) > 0',
)
