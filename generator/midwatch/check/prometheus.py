"""What Prometheus is told, from its files: alerts, recording rules, scrape jobs, metrics of expressions."""

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

    def at(self, *key: str) -> Position:
        """Place of the alert, or of one of its keys."""
        return self.document.at(*self.key, *(key or ("alert",)))


@dataclass(frozen=True, slots=True)
class Job:
    """One scrape job with its static targets."""

    name: str
    targets: tuple[str, ...]
    raw: Mapping[str, Any]
    service: Service
    at: Position


@dataclass(frozen=True, slots=True)
class Selector:
    """One metric of an expression. ``jobs`` are the values of an equality matcher on ``job``; empty for any."""

    metric: str
    jobs: frozenset[str]


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


def recorded(stack: Stack) -> frozenset[str]:
    """Names of recording rules."""
    rules = (rule for file in stack.of(Kind.RULES) for _, rule in _rules(file))
    return frozenset(str(rule["record"]) for rule in rules if rule.get("record"))


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


def selectors(expr: str) -> list[Selector]:
    """Metrics that a PromQL expression reads. Raises ValueError when it cannot be parsed."""
    import promql_parser  # a compiled module: only where there are alerts to read

    found: list[Selector] = []
    pending: list[Any] = [promql_parser.parse(expr)]
    while pending:
        node = pending.pop()
        if isinstance(node, promql_parser.VectorSelector):
            found.append(_selector(node))
        for name in ("lhs", "rhs", "expr", "vector_selector", "param"):
            child = getattr(node, name, None)
            if child is not None and not callable(child):
                pending.append(child)
        pending += getattr(node, "args", None) or []
    return found


def _selector(node: Any) -> Selector:
    name, wanted = node.name or "", frozenset[str]()
    for matcher in node.matchers.matchers:
        operator = str(matcher.op).rsplit(".", 1)[-1]
        if matcher.name == "__name__" and operator == "Equal":
            name = matcher.value
        if matcher.name == "job" and operator == "Equal":
            wanted = frozenset({matcher.value})
        elif matcher.name == "job" and operator == "Re" and re.fullmatch(r"[\w-]+(?:\|[\w-]+)*", matcher.value):
            wanted = frozenset(matcher.value.split("|"))
    return Selector(name, wanted)
