"""The dead-man sidecar's program, and what it talks to: an Alertmanager, a Slack and a clock of the test's own."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PROGRAM = ROOT / "blueprints/stack/deadman"
SECRET_PATH = "/services/T000/B000/verysecretpart"


sys.path.insert(0, str(PROGRAM))
try:
    import deadman
    import mail as mail
    import messages as messages
    import watch
finally:
    sys.path.remove(str(PROGRAM))


class Fake(ThreadingHTTPServer):
    """Alertmanager's alerts on GET, Slack on POST, a heartbeat service on GET /beat."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.alerts: Any = []
        self.slack_status = 200
        self.delay = 0.0
        self.posts: list[dict[str, Any]] = []
        self.beats = 0
        self.probes = 0
        self.queries: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def renew(self, ago: float = 0.0) -> None:
        stamp = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
        self.alerts = [{"labels": {"alertname": "Watchdog"}, "updatedAt": stamp}]


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        if self.path == "/beat":
            self.server.beats += 1
            return self._answer(200, b"ok")
        self.server.queries.append(self.path)
        time.sleep(self.server.delay)
        return self._answer(200, json.dumps(self.server.alerts).encode())

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.probes += not data.get("text")
        if self.server.slack_status == 200 and not data.get("text"):
            return self._answer(400, b"no_text")
        if self.server.slack_status == 200:
            self.server.posts.append(data | {"path": self.path})
        return self._answer(self.server.slack_status, b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


@contextmanager
def faking() -> Iterator[Fake]:
    server = Fake()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(fake: Fake, tmp_path: Path, clock: Clock, **changes: Any) -> Any:
    secret = tmp_path / "webhook"
    secret.write_text(f"{fake.url}{SECRET_PATH}\n")
    settings: dict[str, Any] = {"stack": "demo", "alertmanager": fake.url, "webhook_file": secret} | changes
    return deadman.Deadman(watch.Settings(**settings), clock=clock)


def run(one: Any, clock: Clock, fake: Fake, seconds: int, alive: bool = True) -> None:
    """Rounds every 5 s; the Watchdog is renewed before each while ``alive``."""
    for _ in range(seconds // 5):
        if alive:
            fake.renew()
        one.turn()
        clock.now += 5
