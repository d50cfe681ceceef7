"""What Prometheus is told, from its files: alerts, recording rules, scrape jobs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.service import Service
from midwatch.check.stack import File, Stack

ALWAYS = frozenset({"vector(1)", "1"})
"""Expressions of an alert that always fires."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule. ``logs`` is true for a rule of Loki's ruler, whose expression is LogQL."""

    name: str
    expr: str
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]
    document: Document
    key: tuple[str | int, ...]
    logs: bool

    def __str__(self) -> str:
        return f"alert {self.name}"

    def at(self, *key: str) -> Position:
        """Place of the alert, or of one of its keys."""
        return self.document.at(*self.key, *(key or ("alert",)))


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording rule, with the names of the labels that it adds. ``logs``: its expression is LogQL."""

    name: str
    expr: str
    labels: frozenset[str]
    document: Document
    key: tuple[str | int, ...]
    logs: bool

    def __str__(self) -> str:
        return f"recording rule {self.name}"

    def at(self, *key: str) -> Position:
        """Place of the rule, or of one of its keys."""
        return self.document.at(*self.key, *(key or ("record",)))


@dataclass(frozen=True, slots=True)
class Job:
    """One scrape job with its static targets."""

    name: str
    targets: tuple[str, ...]
    raw: Mapping[str, Any]
    service: Service
    at: Position

    @property
    def asked(self) -> tuple[str, ...]:
        """Those that a target is asked about, as an exporter of several is: its parameter ``target``."""
        asked = items(mapping(self.raw.get("params")).get("target"))
        return tuple(re.sub(r"^\w+://", "", str(one)) for one in asked)


def _rules(file: File) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    groups = items(file.document.get("groups")) if file.document else []
    for index, group in enumerate(groups):
        for number, rule in enumerate(items(mapping(group).get("rules"))):
            if isinstance(rule, dict):
                yield ("groups", index, "rules", number), rule


def log_rule_files(stack: Stack) -> frozenset[str]:
    """Rule files that a Loki has mounted: the same shape, another language."""
    lokis = {use.service.name for use in stack.uses(Kind.LOKI)}
    return frozenset(use.file.path for use in stack.uses(Kind.RULES) if use.service.name in lokis)


def alerts_of(file: File) -> Iterator[str]:
    """The names of the alerts that a rule file holds."""
    yield from (name for name, _ in severities_of(file))


def severities_of(file: File) -> Iterator[tuple[str, str]]:
    """Name and severity of each alert that a rule file holds."""
    for _, rule in _rules(file):
        if rule.get("alert"):
            yield str(rule["alert"]), str(mapping(rule.get("labels")).get("severity") or "")


def alerts(stack: Stack) -> Iterator[Alert]:
    """Every alerting rule of the project, by file."""
    logs = log_rule_files(stack)
    for file in stack.of(Kind.RULES):
        for key, rule in _rules(file):
            if rule.get("alert") and file.document:
                yield Alert(
                    str(rule["alert"]), str(rule.get("expr") or ""), mapping(rule.get("labels")),
                    mapping(rule.get("annotations")), file.document, key, file.path in logs,
                )  # fmt: skip


def recordings(stack: Stack) -> Iterator[Recording]:
    """Every recording rule of the project, by file."""
    logs = log_rule_files(stack)
    for file in stack.of(Kind.RULES):
        for key, rule in _rules(file):
            if rule.get("record") and file.document:
                labels = frozenset(map(str, mapping(rule.get("labels"))))
                expr = str(rule.get("expr") or "")
                yield Recording(str(rule["record"]), expr, labels, file.document, key, file.path in logs)


def promql_rules(stack: Stack) -> Iterator[Alert | Recording]:
    """Every rule whose expression is PromQL."""
    yield from (one for one in alerts(stack) if not one.logs)
    yield from (one for one in recordings(stack) if not one.logs)


def jobs(stack: Stack) -> Iterator[Job]:
    """Every scrape job of every Prometheus of the stack."""
    for use in stack.uses(Kind.PROMETHEUS):
        document = use.file.document
        for index, config in enumerate(items(document.get("scrape_configs")) if document else []):
            if isinstance(config, dict) and document:
                groups = map(mapping, items(config.get("static_configs")))
                targets = tuple(str(target) for group in groups for target in items(group.get("targets")))
                at = document.at("scrape_configs", index)
                yield Job(str(config.get("job_name") or ""), targets, config, use.service, at)
