"""A mail server: takes every message on port 25, without login and TLS, and shows them at GET /messages on 8080."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

messages: list[dict[str, Any]] = []
ANSWERS = {"EHLO": "250 mail.lab", "HELO": "250 mail.lab", "MAIL": "250 ok", "RCPT": "250 ok", "RSET": "250 ok",
           "NOOP": "250 ok", "QUIT": "221 bye", "DATA": "354 go on"}  # fmt: skip


class Mail(socketserver.StreamRequestHandler):
    """One client."""

    def handle(self) -> None:
        to: list[str] = []
        self._say("220 mail.lab")
        while line := self.rfile.readline():
            word = line[:4].decode().upper()
            self._say(ANSWERS.get(word, "502 unknown"))
            if word == "RCPT":
                to.append(line.decode().split("<")[1].split(">")[0])
            elif word == "DATA":
                self._keep(to)
                self._say("250 taken")
            elif word == "QUIT":
                return

    def _keep(self, to: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        found = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        body = found.get_body(("plain",))
        text = body.get_content() if body else ""
        messages.append({"at": time.time(), "to": to, "subject": str(found["Subject"]), "text": text})

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class Shown(BaseHTTPRequestHandler):
    """What came."""

    def do_GET(self) -> None:
        data = json.dumps(messages).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Quiet: its log would be one more that the stack reads."""


if __name__ == "__main__":
    threading.Thread(target=ThreadingHTTPServer(("", 8080), Shown).serve_forever, daemon=True).start()
    with socketserver.ThreadingTCPServer(("", 25), Mail) as server:
        server.serve_forever()
