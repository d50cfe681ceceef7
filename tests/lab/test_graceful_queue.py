"""An hour's worth of logs without Loki, scaled down: as many as the collector's queue is sized for, and some more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import otlp
from tests.lab.engine import Engine
from tests.lab.faults import until_healthy
from tests.lab.report import Report
from tests.lab.stack import Stack, running
from tests.lab.test_stack_2_data import marker

pytestmark = pytest.mark.lab
QUEUE = 2 * 1024**2
"""Bytes, in place of the plan's: what an hour fills there, some thousand lines fill here."""
AT_ONCE = 20
TEXT = "x" * 180
REFUSED_FOR = 10.0
"""Seconds without one accepted request, after which the queue counts as full."""


@pytest.fixture(scope="module")
def own(engine: Engine) -> Iterator[Stack]:
    with running(engine, "sva-studio") as started:
        assert started.problem == ""
        yield started


def shrink(file: Path, planned: int) -> None:
    text = file.read_text()
    assert text.count(f"queue_size: {planned}\n") >= 1
    file.write_text(re.sub(rf"queue_size: {planned}\n", f"queue_size: {QUEUE}\n", text, count=1))


def send(stack: Stack, word: str, first: int) -> bool:
    bodies = [f"{word} {n} {TEXT}" for n in range(first, first + AT_ONCE)]
    return otlp.send(stack.url("otlp_http"), "logs", otlp.logs(bodies)) == 200


def fill(stack: Stack, word: str) -> int:
    """Send until nothing is taken any more; how many records were acknowledged."""
    sent, last = 0, time.monotonic()
    while time.monotonic() - last < REFUSED_FOR:
        if send(stack, word, sent):
            sent, last = sent + AT_ONCE, time.monotonic()
        else:
            time.sleep(0.2)
    return sent


def missing(stack: Stack, word: str, count: int, seconds: float) -> set[int]:
    end = time.monotonic() + seconds
    while True:
        there = {int(str(log["body"]).split()[1]) for log in stack.logs(word)}
        lost = set(range(count)) - there
        if not lost or time.monotonic() > end:
            return lost
        time.sleep(1)


def test_as_many_logs_as_the_queue_holds_arrive_when_loki_is_back(own: Stack, report: Report) -> None:
    """Also when the collector is stopped, started and killed meanwhile. What it refuses, the sender still has."""
    planned = own.plan.service("otel-collector").facts["logs_queue"]
    shrink(own.folder / "otel-collector" / "config.yaml", planned)
    own.compose("restart", "otel-collector")
    until_healthy(own, "otel-collector")
    word, own_lines = marker(), marker()
    own.compose("stop", "loki")
    sent = fill(own, word)
    # About 330 bytes each, serialized. Much less than the queue: it did not keep what it is sized for.
    assert sent * (len(TEXT) + 100) > QUEUE / 2
    # The other way in has no sender that could wait: the log file does.
    own.ask("studio", {"url": "http://127.0.0.1:3000/say", "method": "POST", "body": f"{own_lines} 0"})
    own.compose("restart", "otel-collector")
    # Not before it has begun: killed in the very moment in which it takes up what it had been sending, a collector of
    # this version loses that.
    until_healthy(own, "otel-collector")
    own.compose("kill", "otel-collector")
    own.compose("start", "otel-collector")
    began = time.monotonic()
    own.compose("start", "loki")
    until_healthy(own, "loki")
    assert missing(own, word, sent, 90) == set()
    took = time.monotonic() - began
    assert send(own, word, sent), "it takes logs in again"
    assert missing(own, word, sent + AT_ONCE, 30) == set()
    assert missing(own, own_lines, 1, 60) == set()
    report.note(
        f"Loki away: {sent} logs filled a queue of {QUEUE / 1024**2:.0f} MiB (the plan's has {planned / 1024**2:.0f}); "
        f"collector stopped and killed meanwhile; all arrived within {took:.1f} s of Loki's start"
    )
