"""The collector refuses before it is killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.service import Service, number
from midwatch.check.stack import Stack
from midwatch.check.units import human


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.COLLECTOR):
        document, service = use.file.document, use.service
        if document is None:
            continue
        for name, pipeline in mapping(document.get("service", "pipelines")).items():
            order = items(mapping(pipeline).get("processors"))
            if not order or str(order[0]).partition("/")[0] != "memory_limiter":
                at = document.at("service", "pipelines", name, "processors")
                yield Flaw(f"{service.name}: pipeline {name} does not begin with memory_limiter", at, service.name)
        for name, limiter in mapping(document.get("processors")).items():
            if str(name).partition("/")[0] == "memory_limiter" and isinstance(limiter, dict):
                yield from _limiter(service, document, str(name), limiter)


def _limiter(service: Service, document: Document, name: str, limiter: Mapping[str, Any]) -> Iterator[Flaw]:
    limit, spike = number(limiter.get("limit_mib")), number(limiter.get("spike_limit_mib")) or 0.0
    at = document.at("processors", name, "limit_mib")
    if limit is None:
        if not limiter.get("limit_percentage"):
            yield Flaw(f"{service.name}: {name} has no limit_mib", at, service.name)
        return
    if service.memory_limit is not None and limit * 1024**2 >= service.memory_limit:
        text = f"{name} has limit_mib {limit:g}, not below the memory limit of {human(service.memory_limit)}"
        yield Flaw(f"{service.name}: {text}", at, service.name)
    if spike >= limit:
        text = f"{service.name}: {name} has spike_limit_mib {spike:g}, not below limit_mib {limit:g}"
        yield Flaw(text, document.at("processors", name, "spike_limit_mib"), service.name)


RULE = Rule(
    id="collector-memory-limiter",
    title="The collector's memory_limiter comes first in each pipeline and lies below the container's limit",
    why=(
        "The limiter makes senders wait when memory runs short. Behind another processor, or above the "
        "container's limit, it comes too late: the kernel kills the collector and what it held is lost."
    ),
    fix="put memory_limiter first in every pipeline, with limit_mib below the memory limit of the service",
    blocker=Blocker.LIMITS,
    check=_check,
    good="processors:\n  memory_limiter:\n    limit_mib: 400  # limit of the service: 512m\n    spike_limit_mib: 80",
    bad="processors: [batch, memory_limiter]",
)
