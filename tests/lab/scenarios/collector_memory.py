"""The collector holds more and more: many clients begin a request and never end it, so their bodies stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.lab.scenarios import Scenario
from tests.lab.scenarios.half_request import HalfRequest
from tests.lab.stack import Stack
from tests.stack.programs import until

BODY = 4 * 1024 * 1024
"""The largest request that the collector takes."""
AIM = 0.94
"""Of the memory from which on it refuses data: above the alert's threshold of 0.9, below that point."""
HEAP = 'max(otelcol_process_runtime_heap_alloc_bytes{job="otel-collector"})'
CAREFUL, BATCH = 1.3, 40
"""A body takes more than its bytes while it is read: so the aim is approached from below, in steps."""
SETTLED = 8 * 1024 * 1024
"""Bytes by which the heap may still grow from one scrape to the next when what was sent has arrived."""


@contextmanager
def unfinished_requests(stack: Stack) -> Iterator[None]:
    """As many as bring the heap there."""
    limit = float(stack.plan.service("otel-collector").facts["gomemlimit"])
    with ExitStack() as clients:
        count = 0
        while (missing := AIM * limit - _heap(stack)) > 0:
            for _ in range(max(1, min(BATCH, int(missing / BODY / CAREFUL)))):
                clients.enter_context(closing(HalfRequest(stack.plan.spec.ports.otlp_grpc, BODY)))
                count += 1
            assert count * BODY < 2 * limit, "the collector does not hold what it is sent"
            _settle(stack)
        yield
    until(lambda: _heap(stack) < limit / 2, "the collector frees what nobody sends any more", 120)


def _heap(stack: Stack) -> float:
    found = stack.query(HEAP)
    return float(found[0]["value"][1]) if found else 0.0


def _settle(stack: Stack) -> None:
    """Until the heap does not grow any more from one scrape to the next. The first may be from before."""
    _next_scrape(stack)
    before = _heap(stack)
    for _ in range(12):
        _next_scrape(stack)
        now = _heap(stack)
        if now - before < SETTLED:
            return
        before = now


def _next_scrape(stack: Stack) -> None:
    scraped = 'max(timestamp(up{job="otel-collector"}))'
    before = float(stack.query(scraped)[0]["value"][1])
    until(lambda: float(stack.query(scraped)[0]["value"][1]) > before, "the collector is scraped", 40)


SCENARIO = Scenario(
    "Collector memory near its limit",
    "gRPC clients begin requests of 4 MiB and never send the last byte, as many as bring the collector's "
    "heap to 94 % of what it may take before it refuses data.",
    "warning", "Collector memory near its limit", 240, unfinished_requests,
)  # fmt: skip
