"""Posts to Slack by itself when the Watchdog alert stops arriving at Alertmanager.

Prometheus sends the always-firing Watchdog again every few seconds; Alertmanager notes when (`updatedAt`). When that
time stands still, no other alert gets through either, and nobody but this program can say so. It uses neither
Prometheus nor Alertmanager to post. Standard library only: it runs in a plain Python image, and is tested without it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deadman import Deadman, log
from mail import Account
from messages import LANGUAGES
from watch import Settings

POLL_EVERY = 5.0  # seconds


class Handler(BaseHTTPRequestHandler):
    """GET /health and /metrics."""

    deadman: Deadman

    def do_GET(self) -> None:
        if self.path == "/health":
            status, text = (200, "ok\n") if self.deadman.alive() else (503, "the loop stands still\n")
        elif self.path == "/metrics":
            status, text = 200, self.deadman.metrics()
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
    """Watch until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = Settings.of(os.environ)
    Handler.deadman = Deadman(settings, Account.of(os.environ))
    server = ThreadingHTTPServer(("", settings.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(LANGUAGES[settings.language].watching.format(stack=settings.stack, quiet=settings.quiet_after))
    while True:
        Handler.deadman.turn()
        time.sleep(POLL_EVERY)


if __name__ == "__main__":
    main()
