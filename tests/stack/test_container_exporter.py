"""container-exporter against a Docker API of the test's own: what it says while that is slow, and while it is away."""

from __future__ import annotations

import json
import queue
import runpy
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import ROOT

PROGRAM = ROOT / "blueprints/stack/container-exporter"
sys.path.insert(0, str(PROGRAM))
try:
    import docker_api
    import exporter
    from events import Events
    from exporter import Exporter
    from samples import Sample, exposition

    Handler = runpy.run_path(str(PROGRAM / "__main__.py"))["Handler"]
finally:
    sys.path.remove(str(PROGRAM))

IDENTITY = "a" * 64
INSPECTED: dict[str, Any] = {
    "Name": "/demo-redis-1",
    "Config": {"Labels": {"com.docker.compose.service": "redis", "com.docker.compose.project": "demo"}},
    "State": {"Running": True, "StartedAt": "2026-11-24T10:00:00Z", "Health": {"Status": "healthy"}},
    "HostConfig": {"Memory": 1024},
}
STATS = {"memory_stats": {"usage": 100, "stats": {"inactive_file": 20}}, "cpu_stats": {}}


class Docker(ThreadingHTTPServer):
    """One container. ``slow``: seconds that each kind of question takes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.slow = {"list": 0.0, "inspect": 0.0, "stats": 0.0}
        self.inspected: dict[str, Any] = json.loads(json.dumps(INSPECTED))
        self.events: queue.Queue[bytes] = queue.Queue()
        """Told to whoever listens when they happen, as Docker does once its buffer for later questions ran over."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked did not wait."""


class _Handler(BaseHTTPRequestHandler):
    server: Docker

    def do_GET(self) -> None:
        kind, answer = "events", b""
        if self.path.startswith("/events"):
            self.tell()
            return
        if self.path.startswith("/containers/json"):
            kind, answer = "list", json.dumps([{"Id": IDENTITY}]).encode()
        elif self.path.endswith("/json"):
            kind, answer = "inspect", json.dumps(self.server.inspected).encode()
        elif "/stats" in self.path:
            kind, answer = "stats", json.dumps(STATS).encode()
        time.sleep(self.server.slow.get(kind, 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def tell(self) -> None:
        """The events to come; none from before, and the end when the question says until when."""
        self.send_response(200)
        self.end_headers()
        while "until=" not in self.path and (event := self.server.events.get()):
            self.wfile.write(event)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


@pytest.fixture
def docker() -> Iterator[Docker]:
    server = Docker()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def one(docker: Docker) -> Exporter:
    address = f"http://127.0.0.1:{docker.server_address[1]}"
    return Exporter(docker_api.Docker(address, timeout=1.0), Events(time.time_ns()))


def event(action: str) -> bytes:
    attributes = {"name": "demo-redis-1", **INSPECTED["Config"]["Labels"]}
    told = {"Action": action, "Actor": {"Attributes": attributes}, "timeNano": time.time_ns()}
    return json.dumps(told).encode() + b"\n"


def value(samples: list[Sample], name: str) -> float | None:
    return next((found for known, _, found in samples if known == name), None)


def test_what_docker_says_is_exported(one: Exporter) -> None:
    samples = one.within(2)
    assert value(samples, "container_running") == 1
    assert value(samples, "container_memory_working_set_bytes") == 80
    assert 'service="redis"' in exposition(samples)


def test_a_slow_docker_is_not_away(one: Exporter, docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host under load answers in more time than a scrape has: what was true just now is said again, for a while."""
    first = one.within(2)
    docker.slow["inspect"] = 0.8
    assert one.within(0.3) == first
    monkeypatch.setattr(exporter, "TRUE_FOR", 0.0)
    with pytest.raises(TimeoutError):
        one.within(0.1)


def test_a_use_that_comes_too_late_is_left_out(one: Exporter, docker: Docker) -> None:
    docker.slow["stats"] = 1.5
    samples = one.within(3)
    assert value(samples, "container_running") == 1
    assert value(samples, "container_memory_working_set_bytes") is None


def test_a_docker_that_does_not_answer_at_all_is_away(one: Exporter, docker: Docker) -> None:
    one.within(2)
    docker.slow["list"] = 2.0
    with pytest.raises(TimeoutError):
        one.within(0.3)


def test_a_docker_that_cannot_be_reached_is_away(one: Exporter, docker: Docker) -> None:
    one.within(2)
    docker.shutdown()
    docker.server_close()
    with pytest.raises(OSError, match="refused"):
        one.within(2)


def test_events_are_counted_as_they_come(one: Exporter, docker: Docker) -> None:
    """Docker's buffer for later questions holds seconds on a full host: a question per scrape missed kills."""
    threading.Thread(target=one.events.watch, args=(one.docker,), daemon=True).start()
    assert value(one.within(2), "container_oom_events_total") == 0
    docker.events.put(event("oom"))
    docker.events.put(event("die"))
    docker.events.put(b"")
    ends = time.monotonic() + 5
    while value(samples := one.within(2), "container_exits_total") != 1 and time.monotonic() < ends:
        time.sleep(0.05)
    assert value(samples, "container_exits_total") == 1
    assert value(samples, "container_oom_events_total") == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_kill_counts_once_whether_or_not_its_event_came(one: Exporter, docker: Docker, told: bool) -> None:
    one.within(2)
    docker.inspected["RestartCount"] = 2
    docker.inspected["State"]["OOMKilled"] = True
    for action in ("oom", "die") * 2 if told else ():
        one.events.count(json.loads(event(action)))
    counted = [value(one.within(2), "container_oom_events_total") for _ in range(4)]
    assert counted == [2, 2, 2, 2] if told else [0, 2, 2, 2]
    assert value(one.within(2), "container_exits_total") == 2


def test_the_mark_of_an_old_kill_is_no_new_one(one: Exporter, docker: Docker) -> None:
    """It stays while the container is started by hand, and while it crashes for another reason."""
    docker.inspected["State"]["OOMKilled"] = True
    docker.inspected["RestartCount"] = 1
    one.within(2)
    docker.inspected["RestartCount"] = 0
    one.within(2)
    one.events.count(json.loads(event("die")))
    docker.inspected["RestartCount"] = 1
    assert [value(one.within(2), "container_oom_events_total") for _ in range(3)] == [0, 0, 0]


def test_a_scrape_that_does_not_wait_leaves_no_traceback(
    one: Exporter, docker: Docker, capfd: pytest.CaptureFixture[str]
) -> None:
    Handler.exporter = one
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    docker.slow["list"] = 0.4
    impatient = socket.create_connection(("127.0.0.1", server.server_port))
    impatient.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    impatient.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.1)
    impatient.close()
    time.sleep(0.8)
    server.shutdown()
    server.server_close()
    assert "Traceback" not in capfd.readouterr().err
