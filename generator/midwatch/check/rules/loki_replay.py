"""Loki starts again after a kill."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.units import human, prometheus_size

KEY = ("ingester", "wal", "replay_memory_ceiling")


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.LOKI):
        if (
            use.service.flag("config.file") != use.target
        ):  # A backup has the configuration too, and starts without a log.
            continue
        document, limit = use.file.document, use.service.memory_limit
        ceiling = prometheus_size(document.get(*KEY)) if document else None
        if document and ceiling and limit and ceiling >= limit:
            text = f"{use.service.name}: replay_memory_ceiling {human(ceiling)} is not below its limit {human(limit)}"
            yield Flaw(text, document.at(*KEY), use.service.name)


RULE = Rule(
    id="loki-replay",
    title="Loki's replay of its log stops below its memory limit",
    why=(
        "After a kill Loki reads its write-ahead log into memory, up to this ceiling, and then writes out. Above the "
        "limit it is killed while it reads, and again at each start: it does not come back by itself."
    ),
    fix="set ingester.wal.replay_memory_ceiling to half of the service's memory limit",
    blocker=Blocker.LIMITS,
    check=_check,
    good="replay_memory_ceiling: 883MB  # limit of the service: 1766m",
    bad="replay_memory_ceiling: 4GB  # limit of the service: 1766m",
)
