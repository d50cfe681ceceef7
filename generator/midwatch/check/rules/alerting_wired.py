"""Prometheus loads rules and sends alerts."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.PROMETHEUS):
        document, name = use.file.document, use.service.name
        if document is None:
            continue
        if not document.get("rule_files"):
            yield Flaw(f"{name}: loads no rules", document.at("rule_files"), name, "rule_files")
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


RULE = Rule(
    id="alerting-wired",
    title="Prometheus loads its rules and sends alerts to an Alertmanager of the stack",
    why=(
        "Rules that are not loaded and alerts that are sent nowhere look, from outside, exactly like a "
        "quiet night."
    ),
    fix="set rule_files, and alerting.alertmanagers to the Alertmanager service",
    blocker=Blocker.ALERTING,
    check=_check,
    good="alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: [alertmanager:9093]",
    bad="alerting: {}",
)
