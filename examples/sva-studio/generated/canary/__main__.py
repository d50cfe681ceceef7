"""Sends a log line and a metric the way that an app's go, and says how far each of them came.

Every program on the way may run, answer its health check and lose data. So a probe of each signal is sent to the
collector every few seconds, and looked for in the store. Three legs, each judged by a probe that came through the one
before it, so that the broken leg is named and not those behind it:

    accepted   the collector took it (its answer to the POST)
    delivered  the store took what the collector sent since (the collector counts what the store acknowledged)
    found      the store gives it back when asked

A leg that cannot be judged is unknown: neither up nor down. Standard library only: it runs in a plain Python image.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from canary import Canary, log
from probes import Settings

TURN_EVERY = 2.0  # seconds


class Handler(BaseHTTPRequestHandler):
    """GET /health and /metrics."""

    canary: Canary

    def do_GET(self) -> None:
        if self.path == "/health":
            status, text = (200, "ok\n") if self.canary.alive() else (503, "the loop stands still\n")
        elif self.path == "/metrics":
            status, text = 200, self.canary.metrics()
        else:
            status, text = 404, "/health or /metrics\n"
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """No line per scrape."""


def main() -> None:
    """Send and look until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = Settings.of(os.environ)
    Handler.canary = Canary(settings)
    server = ThreadingHTTPServer(("", settings.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(f"a log line and a metric every {settings.every:g} s")
    while True:
        Handler.canary.turn()
        time.sleep(TURN_EVERY)


if __name__ == "__main__":
    main()
