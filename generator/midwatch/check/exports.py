"""Which metrics the jobs of a stack export, and with which labels, by the records of the known components."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from midwatch.check.catalogue import components, serves
from midwatch.check.document import items, mapping
from midwatch.check.prometheus import Alert, Job, Recording, alerts, jobs, recordings
from midwatch.check.promlabels import Labels, follow
from midwatch.check.promql import Selector
from midwatch.check.record import Record
from midwatch.check.stack import Stack

OF_EVERY_JOB = re.compile(r"up|scrape_\w+")
OF_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_COMMON = frozenset({"process", "go", "promhttp", "http", "net", "python", "target"})
"""First words of metrics that any program may export."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """A job: what scraping adds to its series, and the record of what it scrapes; None where nobody can know."""

    job: str
    labels: Labels
    record: Record | None
    relabel: tuple[Mapping[str, Any], ...] = ()

    def of(self, metric: str) -> Labels:
        """Labels of a recorded metric in this job."""
        if self.record is None or self.labels is None:
            return None
        own = self.record[metric].labels
        return _relabelled(own | self.labels | {f"exported_{label}" for label in own & self.labels}, self.relabel)


@dataclass(frozen=True)
class Exports:
    """Everything that an expression may read."""

    scrapes: Mapping[str, Scrape]
    known: Mapping[str, Record]
    """Records of all components, in the stack or not."""
    recordings: Mapping[str, Recording]
    alerts: tuple[Alert, ...]

    def owners(self, metric: str) -> list[Scrape]:
        """Jobs that export this metric."""
        return [one for one in self.scrapes.values() if one.record is not None and metric in one.record]

    @property
    def all_known(self) -> bool:
        return all(one.record is not None for one in self.scrapes.values())

    def is_ours(self, metric: str) -> bool:
        """Whether a metric of this family comes from a known component: then a name that it does not have is a slip."""
        return _family(metric) in self._families

    @cached_property
    def _families(self) -> frozenset[str]:
        return frozenset(_family(metric) for record in self.known.values() for metric in record) - _COMMON

    def labels(self, selector: Selector) -> Labels:
        """Labels that series of this selector may have; None where nobody can know."""
        metric, taken = selector.metric, [one for one in self.scrapes.values() if selector.takes(one.job)]
        if metric in self.recordings:
            return self._recorded(self.recordings[metric])
        if metric in OF_ALERTS:
            return self._of_alerts | ({"alertstate"} if metric == "ALERTS" else set()) if self._of_alerts else None
        if OF_EVERY_JOB.fullmatch(metric):
            return _union(one.labels for one in taken or self.scrapes.values())
        found = [one for one in taken if one.record is not None and metric in one.record]
        unknown = any(one.record is None for one in taken)
        if not found or (unknown and not self.is_ours(metric)):
            return None
        return _union(one.of(metric) for one in found)

    def _recorded(self, rule: Recording) -> Labels:
        # without itself: a rule that reads its own result must not lead in a circle
        rest = {name: one for name, one in self.recordings.items() if name != rule.name}
        below = Exports(self.scrapes, self.known, rest, self.alerts)
        try:
            result = _union(follow(rule.expr, below.labels)[0])
        except ValueError:
            return None
        return None if result is None else result | rule.labels

    @cached_property
    def _of_alerts(self) -> Labels:
        """Labels of all alerts together; of one that reads alerts itself, those that its rule adds."""
        found = frozenset({"alertname"})
        below = Exports(self.scrapes, self.known, self.recordings, ())
        for alert in self.alerts:
            if not alert.logs:
                try:
                    result = _union(follow(alert.expr, below.labels)[0])
                except ValueError:
                    result = None
                if result is None and not any(name in alert.expr for name in OF_ALERTS):
                    return None
                found |= (result or frozenset()) | frozenset(map(str, alert.labels))
        return found


def exports(stack: Stack) -> Exports:
    """What the jobs of this stack export."""
    known = {name: component.metrics for name, component in components().items() if component.metrics}
    scrapes = {job.name: _scrape(stack, job, known) for job in jobs(stack)}
    rules = {one.name: one for one in recordings(stack) if not one.logs}
    return Exports(scrapes, known, rules, tuple(alerts(stack)))


def _scrape(stack: Stack, job: Job, known: Mapping[str, Record]) -> Scrape:
    rules = tuple(map(mapping, items(job.raw.get("relabel_configs"))))
    after = tuple(map(mapping, items(job.raw.get("metric_relabel_configs"))))
    groups = map(mapping, items(job.raw.get("static_configs")))
    labels: Labels = frozenset({"job", "instance"}).union(*(map(str, mapping(one.get("labels"))) for one in groups))
    discovered = any(str(key).endswith("_sd_configs") for key in job.raw)
    labels = None if discovered else _relabelled(labels, rules)
    return Scrape(job.name, labels, _record(stack, job, rules, known), after)


def _record(stack: Stack, job: Job, rules: Iterable[Mapping[str, Any]], known: Mapping[str, Record]) -> Record | None:
    """The record of the one component that a job asks: by the service behind its address, else by the job's name."""
    fixed = [
        str(one.get("replacement"))
        for one in rules
        if one.get("target_label") == "__address__" and not one.get("source_labels")
    ]
    hosts = {re.sub(r"^\w+://", "", address).partition(":")[0] for address in fixed[-1:] or job.targets}
    names = {service.name for service in stack.services.values() if service.aliases & hosts}
    (name,) = names if len(names) == 1 else (job.name,)
    return known.get(serves(name, stack.spec), known.get(serves(job.name, stack.spec)))


def _relabelled(labels: Labels, rules: Iterable[Mapping[str, Any]]) -> Labels:
    """Labels after relabelling, without those that end there (`__x`)."""
    for rule in rules:
        action, pattern = rule.get("action", "replace"), str(rule.get("regex", ".*"))
        if labels is None or action == "labelmap":
            return None
        if action in ("labeldrop", "labelkeep"):
            try:
                labels = frozenset(one for one in labels if bool(re.fullmatch(pattern, one)) == (action == "labelkeep"))
            except re.error:
                return None
        elif target := str(rule.get("target_label") or ""):
            labels |= {target}
    return None if labels is None else frozenset(one for one in labels if not one.startswith("__"))


def _union(parts: Iterable[Labels]) -> Labels:
    found: frozenset[str] = frozenset()
    for labels in parts:
        if labels is None:
            return None
        found |= labels
    return found


def _family(metric: str) -> str:
    return metric.partition("_")[0]
