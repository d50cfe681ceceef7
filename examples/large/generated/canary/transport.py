"""How a probe is sent to the collector, and how each store is asked for it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from probes import KEEP, Settings

TIMEOUT = 3.0
"""Seconds."""
MILLI = 10**6
"""Nanoseconds."""
NAME = "midwatch-canary"
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""


class RefusedError(Exception):
    """An answer that is none of success; ``status`` 0 when there was no answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def fetch(url: str, payload: Any = None) -> bytes:
    """GET, or POST of the payload as JSON. Raises RefusedError."""
    data = None if payload is None else json.dumps(payload).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    try:
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (our own settings)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            read: bytes = answer.read(LARGEST)
            return read
    except urllib.error.HTTPError as error:
        raise RefusedError(error.code, f"http_{error.code}") from None
    except Exception as error:  # whatever it is, the other signal must still be looked for
        raise RefusedError(0, f"unreachable ({type(error).__name__})") from None


def send(settings: Settings, signal_name: str, mark: int) -> None:
    """One probe to the collector. Raises RefusedError, also when an answer of 200 says that it was rejected."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": NAME}}]}
    scope = {"name": NAME}
    if signal_name == "logs":
        record = {"timeUnixNano": str(mark), "severityNumber": 5, "severityText": "DEBUG",
                  "body": {"stringValue": "midwatch canary"}}  # fmt: skip
        payload = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": [record]}]}]}
        rejected = "rejectedLogRecords"
    else:
        # Prometheus keeps a value as a float: milliseconds survive that, nanoseconds do not.
        point = {"timeUnixNano": str(mark), "asInt": str(mark // MILLI)}
        metric = {"name": "canary_probe", "description": "When the canary sent it, Unix time in milliseconds.",
                  "gauge": {"dataPoints": [point]}}  # fmt: skip
        payload = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}]}
        rejected = "rejectedDataPoints"
    answer = fetch(f"{settings.collector}/v1/{signal_name}", payload)
    try:
        partial = json.loads(answer or b"{}").get("partialSuccess") or {}
        count = int(partial.get(rejected) or 0)
    except (ValueError, AttributeError, TypeError):
        raise RefusedError(200, "answer not understood") from None
    if count:
        raise RefusedError(200, "rejected")


_SENT = {"logs": "otelcol_exporter_sent_log_records", "metrics": "otelcol_exporter_sent_metric_points"}
_STORE = {"logs": "otlp_http/loki", "metrics": "otlp_http/prometheus"}


def deliveries(text: str, signal_name: str) -> float:
    """How many records the store has acknowledged to the collector, by the collector's own metrics."""
    pattern = rf'^{_SENT[signal_name]}(?:_total)?\{{[^}}]*exporter="{re.escape(_STORE[signal_name])}"[^}}]*\}} (\S+)'
    return sum(float(value) for value in re.findall(pattern, text, re.MULTILINE))


def find_logs(settings: Settings, oldest: int) -> set[int]:
    """Marks of the lines that Loki gives back, from `oldest` on. Raises RefusedError; ValueError for another answer."""
    words = urllib.parse.urlencode(
        {"query": f'{{service_name="{NAME}"}}', "start": oldest, "end": time.time_ns() + 10**10, "limit": KEEP,
         "direction": "backward"}
    )  # fmt: skip
    answer = json.loads(fetch(f"{settings.loki}/loki/api/v1/query_range?{words}"))
    return {int(value[0]) for stream in answer["data"]["result"] for value in stream["values"]}


def find_metrics(settings: Settings, _oldest: int) -> set[int]:
    """The mark of the newest sample that Prometheus gives back."""
    words = urllib.parse.urlencode({"query": f'canary_probe{{job="{NAME}"}}'})
    answer = json.loads(fetch(f"{settings.prometheus}/api/v1/query?{words}"))
    return {int(float(series["value"][1])) * MILLI for series in answer["data"]["result"]}


FINDERS: Mapping[str, Callable[[Settings, int], set[int]]] = {"logs": find_logs, "metrics": find_metrics}
