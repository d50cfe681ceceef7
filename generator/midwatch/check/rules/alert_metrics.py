"""An alert's metrics come from something that is scraped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from midwatch.check.catalogue import components
from midwatch.check.finding import Blocker
from midwatch.check.prometheus import Alert, Selector, alerts, jobs, recorded, selectors
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack

ALWAYS = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True)
class _Exported:
    """``scraped``: metrics per known job that is scraped; ``known``: those of every known component."""

    scraped: Mapping[str, frozenset[str]]
    known: Mapping[str, frozenset[str]]
    jobs: frozenset[str]
    extra: frozenset[str]


def _check(stack: Stack) -> Iterator[Flaw]:
    named = frozenset(job.name for job in jobs(stack))
    if not named:
        return
    known = {name: component.metrics for name, component in components().items() if component.metrics}
    exported = _Exported(
        {name: metrics for name, metrics in known.items() if name in named}, known, named, ALWAYS | recorded(stack)
    )
    for alert in alerts(stack):
        if not alert.logs:
            yield from _alert(alert, exported)


def _alert(alert: Alert, exported: _Exported) -> Iterator[Flaw]:
    try:
        found = selectors(alert.expr)
    except ValueError as error:
        yield Flaw(f"alert {alert.name} cannot be parsed: {error}", alert.at("expr"), key=alert.name)
        return
    for selector in dict.fromkeys(found):
        if problem := _problem(selector, exported):
            yield Flaw(f"alert {alert.name}: {problem}", alert.at("expr"), key=alert.name)


def _problem(selector: Selector, exported: _Exported) -> str:
    metric = selector.metric
    unscraped = selector.jobs - exported.jobs
    if unscraped and (metric != "up" or unscraped == selector.jobs):
        return f"no job {', '.join(sorted(unscraped))} is scraped"
    if not metric or metric in exported.extra or metric.startswith("scrape_"):
        return ""
    if selector.jobs:
        # A job that the catalogue does not know (an app's) may export anything.
        if not selector.jobs <= exported.scraped.keys() or any(metric in exported.scraped[j] for j in selector.jobs):
            return ""
        return f"{metric} is not exported by {', '.join(sorted(selector.jobs))}"
    if any(metric in metrics for metrics in exported.scraped.values()):
        return ""
    owners = [name for name, metrics in exported.known.items() if metric in metrics]
    if owners:
        return f"{metric} is exported by {owners[0]}, which is not scraped"
    if exported.jobs <= exported.scraped.keys() or _family(metric) in _families(exported):
        return f"{metric} is exported by nothing that is scraped"
    return ""


def _family(metric: str) -> str:
    return metric.partition("_")[0]


def _families(exported: _Exported) -> frozenset[str]:
    """First words of the metrics that known components export: a slip within a family is theirs, not an app's."""
    common = {"process", "go", "promhttp", "http", "net", "python"}
    return frozenset(_family(metric) for metrics in exported.known.values() for metric in metrics) - common


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
