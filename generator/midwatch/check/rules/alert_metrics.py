"""An alert's metrics come from something that is scraped."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.exports import OF_ALERTS, OF_EVERY_JOB, Exports, exports
from midwatch.check.finding import Blocker
from midwatch.check.prometheus import promql_rules
from midwatch.check.promql import Selector, selectors
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    exported = exports(stack)
    if not exported.scrapes:
        return
    for rule in promql_rules(stack):
        try:
            read = selectors(rule.expr)
        except ValueError as error:
            yield Flaw(f"{rule}: cannot be parsed: {error}", rule.at("expr"), key=rule.name)
            continue
        for selector in dict.fromkeys(read):
            if found := problem(selector, exported):
                yield Flaw(f"{rule}: {found}", rule.at("expr"), key=rule.name)


def problem(selector: Selector, exported: Exports) -> str:
    """What is wrong with the metric of a selector; empty when nothing is."""
    metric = selector.metric
    unscraped = selector.jobs - exported.scrapes.keys()
    if unscraped and (metric != "up" or unscraped == selector.jobs):
        return f"no job {', '.join(sorted(unscraped))} is scraped"
    if not metric or metric in exported.recordings or metric in OF_ALERTS or OF_EVERY_JOB.fullmatch(metric):
        return ""
    if selector.jobs:
        # A job that the catalogue does not know (an app's) may export anything.
        records = [exported.scrapes[job].record for job in selector.jobs]
        if any(record is None or metric in record for record in records):
            return ""
        return f"{metric} is not exported by {', '.join(sorted(selector.jobs))}"
    if exported.owners(metric):
        return ""
    elsewhere = [name for name, record in exported.known.items() if metric in record]
    if elsewhere:
        return f"{metric} is exported by {elsewhere[0]}, which is not scraped"
    if exported.all_known or exported.is_ours(metric):
        return f"{metric} is exported by nothing that is scraped"
    return ""


RULE = Rule(
    id="alert-metrics",
    title="Every alert's metrics are exported by something that is scraped",
    why=(
        "An alert on a metric that nothing exports can never fire, and nothing says so: it is the commonest defect of "
        "hand-written rules. The names come from what each component of the catalogue was seen to export; a job of an "
        "unknown component is not judged."
    ),
    fix="use a metric that the job exports, or scrape the component that does",
    blocker=Blocker.ALERTING,
    check=_check,
    good='expr: max by (job) (redis_up{job="redis-exporter"}) == 0',
    bad="expr: container_restart_count_total > 3",
)
