"""Questions to a real Loki, through the gateway."""

from __future__ import annotations

import json
import time
import urllib.parse
from typing import Any

from tests.stack.programs import fetch


def find(address: str, text: str) -> list[dict[str, Any]]:
    """Lines of the last hour with this text: the body, and the stream's labels with the structured metadata.

    Loki writes `_` for each `.` of an attribute's name; the one that tests ask for gets its dot again here.
    """
    query = f'{{service_name=~".+"}} |= {json.dumps(text)}'
    start = int((time.time() - 3600) * 1e9)
    words = urllib.parse.urlencode({"query": query, "start": start, "limit": 1000})
    status, answer = fetch(f"{address}/loki/api/v1/query_range?{words}")
    if status != 200:
        raise AssertionError(f"Loki: {status} {answer[:300]}")
    return [
        {"body": line, **stream["stream"], "service.name": stream["stream"].get("service_name")}
        for stream in json.loads(answer)["data"]["result"]
        for _, line, *_ in stream["values"]
    ]
