"""Loki deletes what is too old."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.LOKI):
        document = use.file.document
        if document is None:
            continue
        for key, good in (
            (("compactor", "retention_enabled"), document.get("compactor", "retention_enabled") is True),
            (("compactor", "delete_request_store"), bool(document.get("compactor", "delete_request_store"))),
            (("limits_config", "retention_period"), bool(document.get("limits_config", "retention_period"))),
        ):
            if not good:
                text = f"{use.service.name}: deletes nothing: {'.'.join(key)} is not set"
                yield Flaw(text, document.at(*key), use.service.name, ".".join(key))


RULE = Rule(
    id="loki-retention",
    title="Loki deletes what is too old",
    why=(
        "Loki keeps everything for ever unless the compactor has retention_enabled and "
        "delete_request_store, whatever retention_period says."
    ),
    fix="set compactor.retention_enabled: true, compactor.delete_request_store, and limits_config.retention_period",
    blocker=Blocker.RETENTION,
    check=_check,
    good=(
        "compactor:\n  retention_enabled: true\n  delete_request_store: filesystem\n"
        "limits_config:\n  retention_period: 168h"
    ),
    bad="limits_config:\n  retention_period: 168h",
)
