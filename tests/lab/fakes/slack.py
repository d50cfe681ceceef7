"""Slack, as far as a webhook can tell: keeps what is posted with the time, and shows it at GET /messages.

A post to /status/404/.. is answered as Slack answers for a webhook that is gone.
"""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

messages: list[dict[str, Any]] = []


class Slack(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        known = self.path == "/messages"
        self._answer(200 if known else 404, json.dumps(messages).encode() if known else b"")

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except ValueError:
            self._answer(400, b"invalid_payload")
            return
        if self.path.startswith("/status/404/"):
            self._answer(404, b"no_service")
            return
        if not body.get("text") and not body.get("attachments"):
            # As Slack answers the dead-man sidecar, which asks whether the webhook is there.
            self._answer(400, b"no_text")
            return
        messages.append({"at": time.time(), "path": self.path, "body": body})
        self._answer(200, b"ok")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Quiet: its log would be one more that the stack reads."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Slack).serve_forever()
