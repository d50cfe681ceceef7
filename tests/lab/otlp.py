"""OTLP/HTTP with JSON, as an app would send it to the published port."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.stack.programs import fetch


def send(address: str, signal: str, body: dict[str, Any]) -> int:
    """POST to /v1/<signal>; the status, 0 where nobody answers."""
    status, _ = fetch(f"{address}/v1/{signal}", "POST", json.dumps(body).encode(), "application/json")
    return status


def logs(bodies: Sequence[Any], attributes: Mapping[str, Any] = {}, resource: Mapping[str, Any] = {}) -> dict[str, Any]:
    """A record for each body, all with these attributes."""
    records = [
        {"timeUnixNano": str(time.time_ns()), "body": _value(body), "attributes": _pairs(attributes)} for body in bodies
    ]
    return {"resourceLogs": [{"resource": _resource(resource), "scopeLogs": [{"logRecords": records}]}]}


def gauge(
    name: str, value: float, attributes: Mapping[str, Any] = {}, resource: Mapping[str, Any] = {}
) -> dict[str, Any]:
    point = {"timeUnixNano": str(time.time_ns()), "asDouble": value, "attributes": _pairs(attributes)}
    metrics = [{"name": name, "gauge": {"dataPoints": [point]}}]
    return {"resourceMetrics": [{"resource": _resource(resource), "scopeMetrics": [{"metrics": metrics}]}]}


def span(name: str, resource: Mapping[str, Any] = {}) -> dict[str, Any]:
    now = time.time_ns()
    one = {
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        "spanId": "00f067aa0ba902b7",
        "name": name,
        "kind": 2,
        "startTimeUnixNano": str(now - 1_000_000),
        "endTimeUnixNano": str(now),
    }
    return {"resourceSpans": [{"resource": _resource(resource), "scopeSpans": [{"spans": [one]}]}]}


def _resource(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"attributes": _pairs({"service.name": "lab", **attributes})}


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _pairs(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}
