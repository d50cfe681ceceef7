"""Prometheus loads rules and sends alerts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatch

from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack, Use, mounted


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.PROMETHEUS):
        document, name = use.file.document, use.service.name
        if document is None:
            continue
        yield from _rules(stack, use, document)
        managers = document.get("alerting", "alertmanagers")
        if not managers:
            at = document.at("alerting", "alertmanagers")
            yield Flaw(f"{name}: sends its alerts nowhere", at, name, "alerting.alertmanagers")
            continue
        known = {alias for service in stack.services.values() for alias in service.aliases}
        for index, manager in enumerate(map(mapping, items(managers))):
            for group in map(mapping, items(manager.get("static_configs"))):
                for target in items(group.get("targets")):
                    host = str(target).partition(":")[0]
                    if host not in known and "." not in host:
                        at = document.at("alerting", "alertmanagers", index)
                        yield Flaw(f"{name}: sends alerts to {target}, which is no service here", at, name)


def _rules(stack: Stack, use: Use, document: Document) -> Iterator[Flaw]:
    name = use.service.name
    patterns = [str(pattern) for pattern in items(document.get("rule_files"))]
    if not patterns:
        yield Flaw(f"{name}: loads no rules", document.at("rule_files"), name, "rule_files")
    targets = [target for path, target in mounted(stack, use.service) if stack.files[path].kind is Kind.RULES]
    for index, pattern in enumerate(patterns):
        full = posixpath.join(posixpath.dirname(use.target), pattern)
        if not any(fnmatch(target, full) for target in targets):
            text = f"{name}: no rule file is mounted where it looks for them ({pattern})"
            yield Flaw(text, document.at("rule_files", index), name, "rule_files")


RULE = Rule(
    id="alerting-wired",
    title="Prometheus loads its rules and sends alerts to an Alertmanager of the stack",
    why=("Rules that are not loaded and alerts that are sent nowhere look, from outside, exactly like a quiet night."),
    fix="set rule_files, and alerting.alertmanagers to the Alertmanager service",
    blocker=Blocker.ALERTING,
    check=_check,
    good="alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: [alertmanager:9093]",
    bad="alerting: {}",
)
