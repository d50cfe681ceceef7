"""The two Caddy services: what gets through the doors on loopback, and through the view of the Docker API."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from midwatch.render.tree import render
from tests.conftest import make_spec, recorded
from tests.stack.gateway import gateway
from tests.stack.programs import fetch, free_port, needed, running, until


class _Backend(BaseHTTPRequestHandler):
    server: Any

    def _any(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        data = b"backend"
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _any  # noqa: N815 (names of the base class)

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


class Tcp(ThreadingHTTPServer):
    daemon_threads = True
    seen: list[str]


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    seen: list[str]


@dataclass
class Doors:
    """Ports of the running Caddy, and what its backends saw."""

    ports: dict[str, int]
    seen: list[str] = field(default_factory=list)

    def status(self, door: str, method: str, path: str) -> int:
        """Status of a request whose path is sent exactly as given (no client tidies it up)."""
        connection = HTTPConnection("127.0.0.1", self.ports[door], timeout=5)
        connection.putrequest(method, path)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("gateway")
    backend = Tcp(("127.0.0.1", 0), _Backend)
    backend.seen = []
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    (folder / "secret.txt").write_text("secret")
    with gateway(folder, render(make_spec()), backend.server_address[1]) as ports:
        yield Doors(dict(ports), backend.seen)
    backend.shutdown()


OPEN = [
    ("prometheus", "GET", "/"),
    ("prometheus", "GET", "/query?g0.expr=up"),
    ("prometheus", "GET", "/-/ready"),
    ("prometheus", "GET", "/-/healthy"),
    ("prometheus", "GET", "/api/v1/query?query=up"),
    ("prometheus", "POST", "/api/v1/query_range"),
    ("prometheus", "GET", "/api/v1/alerts"),
    ("prometheus", "GET", "/api/v1/status/tsdb"),
    ("alertmanager", "GET", "/api/v2/alerts"),
    ("alertmanager", "POST", "/api/v2/silences"),
    ("alertmanager", "DELETE", "/api/v2/silence/6e0c0f0e-0000-0000-0000-000000000000"),
    ("loki", "GET", "/ready"),
    ("loki", "GET", "/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D"),
    ("loki", "GET", "/loki/api/v1/label/service_name/values"),
    ("loki", "GET", "/loki/api/v1/tail?query=x"),
]

CLOSED = [
    ("prometheus", "POST", "/-/reload"),
    ("prometheus", "PUT", "/-/reload"),
    ("prometheus", "GET", "/-/reload"),
    ("prometheus", "POST", "/-/quit"),
    ("prometheus", "POST", "/api/v1/admin/tsdb/delete_series?match[]=up"),
    ("prometheus", "POST", "/api/v1/admin/tsdb/snapshot"),
    ("prometheus", "GET", "/api/v1/admin/tsdb/snapshot"),
    ("prometheus", "POST", "/api/v1/otlp/v1/metrics"),
    ("prometheus", "POST", "/api/v1/write"),
    ("prometheus", "GET", "/debug/pprof/heap"),
    ("prometheus", "POST", "//-/quit"),
    ("prometheus", "POST", "/%2d/quit"),
    ("prometheus", "POST", "/-%2fquit"),
    ("prometheus", "POST", "/api/../-/quit"),
    ("prometheus", "POST", "/api/v1/query/../admin/tsdb/snapshot"),
    ("prometheus", "POST", "/API/V1/ADMIN/tsdb/snapshot"),
    ("prometheus", "DELETE", "/api/v1/series"),
    ("alertmanager", "POST", "/-/reload"),
    ("alertmanager", "POST", "/api/v2/alerts"),
    ("alertmanager", "GET", "/debug/pprof/"),
    ("loki", "POST", "/loki/api/v1/push"),
    ("loki", "POST", "/otlp/v1/logs"),
    ("loki", "POST", "/loki/api/v1/delete?query=x"),
    ("loki", "GET", "/loki/api/v1/delete"),
    ("loki", "DELETE", "/loki/api/v1/delete?request_id=1"),
    ("loki", "POST", "/flush"),
    ("loki", "POST", "/ingester/shutdown"),
    ("loki", "GET", "/ingester/shutdown"),
    ("loki", "GET", "/config"),
    ("loki", "GET", "/debug/pprof/heap"),
    ("loki", "GET", "/metrics"),
    ("loki", "POST", "/loki/api/v1/query_range"),
    ("loki", "GET", "/loki/api/v1/label/a/b/../../../../../ingester/shutdown/values"),
]


@pytest.mark.parametrize(("door", "method", "path"), OPEN)
def test_questions_get_through(doors: Doors, door: str, method: str, path: str) -> None:
    assert doors.status(door, method, path) == 200
    assert doors.seen[-1].startswith(f"{method} {path.split('?')[0]}")


@pytest.mark.parametrize(("door", "method", "path"), CLOSED)
def test_what_changes_or_stops_something_does_not(doors: Doors, door: str, method: str, path: str) -> None:
    before = len(doors.seen)
    assert doors.status(door, method, path) in (400, 403, 404, 405)
    assert len(doors.seen) == before


def test_only_runbooks_lie_behind_their_door(doors: Doors) -> None:
    for path in ("/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/../secret.txt?.md", "/-/../secret.txt",
                 "/-/../Caddyfile", "/-/page.html", "/..%2fsecret.txt?raw"):  # fmt: skip
        assert doors.status("runbooks", "GET", path) in (400, 404), path
    assert doors.status("runbooks", "POST", "/RedisDown.md") == 405


def test_its_own_metrics_are_those_of_its_record(doors: Doors) -> None:
    text = fetch(f"http://127.0.0.1:{doors.ports['own']}/metrics")[1]
    listed = recorded("gateway")
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert families - set(listed) - {name.removesuffix("_bucket") for name in listed} == set()
    assert "caddy_http_requests_total" in families


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    program = needed("caddy")
    folder = tmp_path_factory.mktemp("docker")
    doors = Doors({"api": free_port()})
    path = folder / "docker.sock"
    backend = Unix(str(path), _Backend)
    backend.seen = doors.seen
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    text = render(make_spec())["docker-proxy/Caddyfile"].data.decode()
    assert "unix//var/run/docker.sock" in text
    text = text.replace("unix//var/run/docker.sock", f"unix/{path}")
    text = text.replace("\n:2375 {", f"\nhttp://127.0.0.1:{doors.ports['api']} {{")
    config = folder / "Caddyfile"
    config.write_text(text)
    env = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running([program, "run", "--config", str(config), "--adapter", "caddyfile"], folder / "log", env):

        def listening() -> bool:
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", doors.ports["api"])) == 0

        until(listening, f"it listens; {folder / 'log'}")
        yield doors
    backend.shutdown()


ID = "0123456789ab" * 5 + "cdef"


@pytest.mark.parametrize(
    "path",
    ["/_ping", "/version", "/v1.41/version", "/containers/json?all=1", "/v1.50/containers/json",
     f"/containers/{ID}/json", f"/containers/{ID}/stats?stream=false&one-shot=true", "/events?since=1&until=2"],
)  # fmt: skip
def test_the_exporter_gets_what_it_needs(docker: Doors, path: str) -> None:
    assert docker.status("api", "GET", path) == 200
    assert docker.seen[-1] == f"GET {path}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/containers/{ID}/stop"), ("POST", "/containers/create"), ("DELETE", f"/containers/{ID}"),
        ("POST", f"/containers/{ID}/exec"), ("POST", "/images/create"), ("GET", "/images/json"), ("GET", "/info"),
        ("GET", f"/containers/{ID}/logs?stdout=1"), ("GET", f"/containers/{ID}/archive?path=/etc/shadow"),
        ("GET", f"/containers/{ID}/export"), ("GET", "/secrets"), ("GET", "/configs"), ("GET", "/volumes"),
        ("GET", f"/containers/{ID}/attach/ws"), ("GET", "/swarm/unlockkey"), ("GET", "/"), ("GET", "/v1.41/"),
        ("POST", "/containers/json"), ("PUT", f"/containers/{ID}/archive"), ("HEAD", f"/containers/{ID}/archive"),
        ("GET", f"/containers/json/../{ID}/export"), ("GET", f"/containers/{ID}/json/../export"),
        ("GET", f"//containers/{ID}/export"), ("GET", f"/containers/{ID}%2fexport"),
        ("GET", "/containers/..%2fimages/json"),
        ("GET", f"/containers/{ID}/json%2f..%2fexport"), ("GET", f"/v1.41/v1.41/containers/{ID}/json"),
        ("GET", f"/containers/{ID}/json/"), ("GET", "/containers/name/json"), ("OPTIONS", "/containers/json"),
    ],
)  # fmt: skip
def test_nothing_else_reaches_docker(docker: Doors, method: str, path: str) -> None:
    before = len(docker.seen)
    assert docker.status("api", method, path) in (400, 403, 404)
    assert len(docker.seen) == before, docker.seen[-1]
