"""container-exporter against a Docker API of the test's own: what it says while that is slow, and while it is away."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "blueprints/stack/container-exporter/container_exporter.py"
IDENTITY = "a" * 64
INSPECTED = {
    "Name": "/demo-redis-1",
    "Config": {"Labels": {"com.docker.compose.service": "redis", "com.docker.compose.project": "demo"}},
    "State": {"Running": True, "StartedAt": "2026-11-24T10:00:00Z", "Health": {"Status": "healthy"}},
    "HostConfig": {"Memory": 1024},
}
STATS = {"memory_stats": {"usage": 100, "stats": {"inactive_file": 20}}, "cpu_stats": {}}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("container_exporter", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["container_exporter"] = module
    spec.loader.exec_module(module)
    return module


class Docker(ThreadingHTTPServer):
    """One container. ``slow``: seconds that each kind of question takes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.slow = {"list": 0.0, "inspect": 0.0, "stats": 0.0}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked did not wait."""


class _Handler(BaseHTTPRequestHandler):
    server: Docker

    def do_GET(self) -> None:
        kind, answer = "events", b""
        if self.path.startswith("/containers/json"):
            kind, answer = "list", json.dumps([{"Id": IDENTITY}]).encode()
        elif self.path.endswith("/json"):
            kind, answer = "inspect", json.dumps(INSPECTED).encode()
        elif "/stats" in self.path:
            kind, answer = "stats", json.dumps(STATS).encode()
        time.sleep(self.server.slow.get(kind, 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


@pytest.fixture
def docker() -> Iterator[Docker]:
    server = Docker()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def exporter(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load()
    monkeypatch.setattr(module, "API", f"http://127.0.0.1:{docker.server_address[1]}")
    monkeypatch.setattr(module, "TIMEOUT", 1.0)
    return module


def value(samples: list[tuple[str, dict[str, str], float]], name: str) -> float | None:
    return next((found for known, _, found in samples if known == name), None)


def test_what_docker_says_is_exported(exporter: ModuleType) -> None:
    samples = exporter.Exporter(time.time()).within(2)
    assert value(samples, "container_running") == 1
    assert value(samples, "container_memory_working_set_bytes") == 80
    assert 'service="redis"' in exporter.exposition(samples)


def test_a_slow_docker_is_not_away(exporter: ModuleType, docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host under load answers in more time than a scrape has: what was true just now is said again, for a while."""
    one = exporter.Exporter(time.time())
    first = one.within(2)
    docker.slow["inspect"] = 0.8
    assert one.within(0.3) == first
    monkeypatch.setattr(exporter, "TRUE_FOR", 0.0)
    with pytest.raises(TimeoutError):
        one.within(0.1)


def test_a_use_that_comes_too_late_is_left_out(exporter: ModuleType, docker: Docker) -> None:
    docker.slow["stats"] = 1.5
    samples = exporter.Exporter(time.time()).within(3)
    assert value(samples, "container_running") == 1
    assert value(samples, "container_memory_working_set_bytes") is None


def test_a_docker_that_does_not_answer_at_all_is_away(exporter: ModuleType, docker: Docker) -> None:
    one = exporter.Exporter(time.time())
    one.within(2)
    docker.slow["list"] = 2.0
    with pytest.raises(TimeoutError):
        one.within(0.3)


def test_a_docker_that_cannot_be_reached_is_away(exporter: ModuleType, docker: Docker) -> None:
    one = exporter.Exporter(time.time())
    one.within(2)
    docker.shutdown()
    docker.server_close()
    with pytest.raises(OSError, match="refused"):
        one.within(2)
