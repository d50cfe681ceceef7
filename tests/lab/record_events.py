"""What has to happen so that a metric shows up which counts failures, or what only some senders send."""

from __future__ import annotations

import time
from typing import Any

from tests.lab import otlp
from tests.lab.cache import LabError
from tests.lab.stack import Stack
from tests.stack.programs import fetch

CHANGES: dict[str, Any] = {"collector": {"traces": {"endpoint": "http://prometheus-api:9090"}}}
"""Of the spec: traces are forwarded, to somebody who refuses them."""
WAIT = 60.0
OLD = str(time.time_ns() - 48 * 3600 * 10**9)
"""Older than any store takes."""
WANTED = (
    "otelcol_exporter_send_failed_log_records_total",
    "otelcol_exporter_send_failed_metric_points_total",
    "otelcol_exporter_send_failed_spans_total",
    "otelcol_processor_groupbyattrs_num_grouped_logs_total",
    "otelcol_processor_groupbyattrs_num_grouped_spans_total",
    "redis_errors_total",
    "redis_db_avg_ttl_seconds",
    "caddy_http_request_errors_total",
    "prometheus_notifications_latency_seconds_count",
    "alertmanager_alerts_subscriber_channel_writes_total",
)


def provoke(stack: Stack) -> None:
    """Make all of it happen, and wait until Prometheus has it. Raises LabError with what did not come."""
    _collector(stack)
    _redis(stack)
    _gateway(stack)
    end = time.monotonic() + WAIT
    while missing := [name for name in WANTED if not stack.query(name)]:
        if time.monotonic() > end:
            raise LabError(f"not to be seen in Prometheus after {WAIT:g} s: {', '.join(missing)}")
        time.sleep(1)


def _collector(stack: Stack) -> None:
    """Records that each store refuses, and some that name their workspace themselves."""
    address, workspace = stack.url("otlp_http"), {stack.plan.workspace_label: "acme"}
    if stack.stand_in:
        stack.ask("loki", {"url": "http://127.0.0.1:3100/refuse/400", "method": "PUT"})
    logs, metrics = otlp.logs(["refused"], workspace), otlp.gauge("lab_refused", 1)
    logs["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["timeUnixNano"] = OLD
    metrics["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["gauge"]["dataPoints"][0]["timeUnixNano"] = OLD
    spans = otlp.span("GET /refused")
    spans["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [
        {"key": name, "value": {"stringValue": value}} for name, value in workspace.items()
    ]
    for signal, body in (("logs", logs), ("metrics", metrics), ("traces", spans)):
        if (status := otlp.send(address, signal, body)) != 200:
            raise LabError(f"the collector answered {status} to {signal}")
    time.sleep(3)
    if stack.stand_in:
        stack.ask("loki", {"url": "http://127.0.0.1:3100/refuse", "method": "DELETE"})


def _redis(stack: Stack) -> None:
    """A key that expires, and a stranger who is refused."""
    password = (stack.folder / "secrets" / "redis_password").read_text(encoding="utf-8").strip()
    for commands in ([["GET", "no password"]], [["AUTH", password], ["SET", "lab", "1", "EX", "3600"]]):
        stack.ask("studio", {"redis": "redis:6379", "commands": commands})


def _gateway(stack: Stack) -> None:
    """A page that is not there, at each door."""
    for door in ("prometheus", "alertmanager", "loki", "runbooks"):
        fetch(f"{stack.url(door)}/nothing.md")
