"""Exports what Docker knows of each container: limits, use, health, restarts, exits and kills for memory.

Needs nothing but a read-only view of the Docker API over HTTP (no socket, no host mount, no privilege), so it works
on every engine, cgroup version and image store. Standard library only: it runs in a plain Python image.
Names are cAdvisor's where cAdvisor has one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from docker_api import Docker
from events import Events
from exporter import Exporter
from samples import exposition

TIMEOUT = 3.0  # seconds; well below Prometheus' scrape timeout, also on a host under load


class Handler(BaseHTTPRequestHandler):
    """``/metrics`` and ``/health``.

    Docker out of reach is a fact to report, not a failure of this program: so the scrape works, says
    ``container_exporter_docker_up 0`` and nothing else, and the alert names what is really broken.
    """

    exporter: Exporter

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path not in ("/metrics", "/health"):
            self.answer(404, "not found\n")
            return
        if self.path == "/health":
            self.answer(200, "ok\n")
            return
        try:
            samples = self.exporter.within(self.exporter.docker.timeout)
            samples = [*samples, ("container_exporter_docker_up", {}, 1.0)]
        except (OSError, ValueError, KeyError, HTTPException) as error:
            print(f"cannot ask Docker at {self.exporter.docker.address}: {error}", file=sys.stderr, flush=True)
            samples = [("container_exporter_docker_up", {}, 0.0)]
        self.answer(200, exposition(samples))

    def answer(self, status: int, body: str) -> None:
        """Send a plain text answer; to nobody where the scrape did not wait for it."""
        try:
            self.send(status, body.encode())
        except ConnectionError:
            self.close_connection = True

    def send(self, status: int, data: bytes) -> None:
        """The answer itself. Raises ConnectionError when nobody takes it."""
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """No line per scrape."""


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    docker = Docker(os.environ.get("DOCKER_API", "http://docker-proxy:2375"), TIMEOUT)
    events = Events(since=time.time_ns())
    Handler.exporter = Exporter(docker, events)
    threading.Thread(target=events.watch, args=(docker,), daemon=True).start()
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
