"""The Docker API over HTTP, as the read-only proxy shows it."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

QUIET = 60.0  # seconds without an event after which the connection is made anew, in case nobody is at its other end


@dataclass(frozen=True)
class Docker:
    """``address``: of the API, as ``http://docker-proxy:2375``. ``timeout``: seconds that one answer may take.

    All methods raise OSError (urllib.error.HTTPError where Docker refuses) or ValueError.
    """

    address: str
    timeout: float

    def containers(self) -> list[str]:
        """The ids of all, stopped ones too."""
        return [container["Id"] for container in self._get("/containers/json?all=1")]

    def inspect(self, identity: str) -> dict[str, Any]:
        """``/containers/ID/json``."""
        inspected: dict[str, Any] = self._get(f"/containers/{identity}/json")
        return inspected

    def stats(self, identity: str) -> dict[str, Any]:
        """``/containers/ID/stats``; empty when the container ends meanwhile, which Docker answers with nothing, or when
        Docker is too slow: that says nothing about the others."""
        try:
            stats: dict[str, Any] = self._get(f"/containers/{identity}/stats?stream=false&one-shot=true")
        except (ValueError, TimeoutError):
            return {}
        return stats

    def events(self, since: int) -> Iterator[dict[str, Any]]:
        """Kills for memory and exits since then (Unix time, nanoseconds), as they come, until the connection ends."""
        filters = urllib.parse.quote(json.dumps({"type": ["container"], "event": ["oom", "die"]}))
        url = f"{self.address}/events?since={since // 10**9}.{since % 10**9:09d}&filters={filters}"
        with urllib.request.urlopen(url, timeout=QUIET) as answer:  # noqa: S310 (address is our own setting)
            for line in answer:
                if line.strip():
                    yield json.loads(line)

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=self.timeout) as answer:  # noqa: S310
            return json.load(answer)
