"""Metrics do not arrive any more, though every service is well: a hand edit sends them to a path that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.faults import until_healthy
from tests.lab.scenarios import Scenario
from tests.lab.stack import Stack

RIGHT, WRONG = "prometheus-api:9090/api/v1/otlp", "prometheus-api:9090/api/v1/otpl"


@contextmanager
def wrong_endpoint(stack: Stack) -> Iterator[None]:
    """In the collector's configuration, and the collector restarted, as a person would who mistypes."""
    (file,) = [one for one in (stack.folder / "otel-collector").glob("*.yaml") if RIGHT in one.read_text("utf-8")]
    text = file.read_text("utf-8")
    try:
        file.write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
        _restart(stack)
        yield
    finally:
        file.write_text(text, encoding="utf-8")
        _restart(stack)


def _restart(stack: Stack) -> None:
    stack.compose("restart", "otel-collector")
    until_healthy(stack, "otel-collector")


SCENARIO = Scenario(
    "Metrics not flowing for 5 minutes",
    "A hand edit of the collector's configuration sends metrics to a path of Prometheus that does not exist "
    "(`/api/v1/otpl`), then `docker compose restart otel-collector`. Every container stays healthy.",
    "warning", "Metrics have not been flowing for 5 minutes", 420, wrong_endpoint,
)  # fmt: skip
