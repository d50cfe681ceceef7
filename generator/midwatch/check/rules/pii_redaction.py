"""Logs are redacted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack

REDACTING = frozenset({"redaction", "transform"})


def _check(stack: Stack) -> Iterator[Flaw]:
    if stack.spec is not None and not stack.spec.collector.pii.enabled:
        return
    for use in stack.uses(Kind.COLLECTOR):
        document = use.file.document
        for name, pipeline in (mapping(document.get("service", "pipelines")) if document else {}).items():
            if document is None or str(name).partition("/")[0] != "logs":
                continue
            if not _exports(document, mapping(pipeline)):
                continue
            kinds = {str(processor).partition("/")[0] for processor in items(mapping(pipeline).get("processors"))}
            if not kinds & REDACTING:
                at = document.at("service", "pipelines", name, "processors")
                text = f"{use.service.name}: pipeline {name} stores logs without removing personal data"
                yield Flaw(text, at, use.service.name)


def _exports(document: Document, pipeline: Mapping[str, Any]) -> bool:
    """Whether the pipeline sends anything out; one that only feeds a connector hands the logs to another pipeline."""
    connectors = mapping(document.get("connectors"))
    return any(name not in connectors for name in items(pipeline.get("exporters")))


RULE = Rule(
    id="pii-redaction",
    title="Every pipeline of logs removes personal data",
    why=("What is stored has to be found and deleted on request, and can be stolen. What was never stored cannot."),
    fix="put a redaction or transform processor into each pipeline of logs",
    blocker=Blocker.REDACTION,
    check=_check,
    good="processors: [memory_limiter, transform/pii, batch]",
    bad="processors: [memory_limiter, batch]",
)
