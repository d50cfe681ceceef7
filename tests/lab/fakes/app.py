"""The app `studio`: answers at /health/live and /metrics on port 3000, and prints each line of a POST to /say."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRICS = b"# TYPE studio_requests_total counter\nstudio_requests_total 42\n"


class App(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        known = {"/health/live": b"ok\n", "/metrics": METRICS}
        self._answer(200 if self.path in known else 404, known.get(self.path, b"not here\n"))

    def do_POST(self) -> None:
        sys.stdout.write(self.rfile.read(int(self.headers["Content-Length"])).decode() + "\n")
        sys.stdout.flush()
        self._answer(204)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says only what it is told to say."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 3000), App).serve_forever()
