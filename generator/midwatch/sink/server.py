"""Takes what is posted to a Slack webhook, and shows it as Slack would.

    POST /anything        a message, as JSON or as the form field `payload`; answered as Slack answers
    POST /status/404/…    answers with that status, to try a broken webhook
    GET  /                the messages as a page      GET /messages   as JSON      GET /health   "ok"

This folder needs the standard library only and imports by `.name`: `midwatch sink` runs it on the workstation, and a
copy of it runs in a plain Python container inside a stack.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from .message import Message, PayloadError, read
from .notation import as_text
from .page import page

PORT = 8098
KEEP = 200
"""Messages that are kept."""
LARGEST = 1024 * 1024
"""Bytes of one post."""


def is_near(host: str) -> bool:
    """Whether a ``Host`` header names a machine by address, or by a name that no DNS server of others gives: so a page
    in a browser cannot read the messages by a name of its own that leads here."""
    name = urllib.parse.urlsplit(f"//{host}").hostname or ""
    try:
        ip_address(name)
    except ValueError:
        return name == "host.docker.internal" or bool(name and "." not in name)
    return True


class Sink(ThreadingHTTPServer):
    """Keeps the last messages and tells each to ``heard``. Raises OSError when the port is not free."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, heard: Callable[[Message], None], allowed: Sequence[str] = ()) -> None:
        super().__init__((host, port), _Handler)
        self.messages: deque[Message] = deque(maxlen=KEEP)
        self.heard = heard
        self.allowed = frozenset(name.lower() for name in allowed)
        self.lock = threading.Lock()

    def take(self, message: Message) -> None:
        """One after the other, so that two messages are not printed into each other."""
        with self.lock:
            self.messages.append(message)
            self.heard(message)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Sink
    timeout = 10  # seconds that a client may say nothing
    server_version = "midwatch-sink"
    sys_version = ""

    def do_GET(self) -> None:
        """Show."""
        messages = tuple(self.server.messages)
        if not self._near():
            self._answer(403, "this name is not allowed: --allow\n")
        elif self.path == "/":
            self._answer(200, page(messages), "text/html")
        elif self.path == "/messages":
            documents = [message.document() for message in messages]
            self._answer(200, json.dumps(documents, ensure_ascii=False), "application/json")
        elif self.path == "/health":
            self._answer(200, "ok\n")
        else:
            self._answer(404, "not found\n")

    def do_POST(self) -> None:
        """Take a message."""
        told = re.match(r"/status/([45]\d\d)(?:/|$)", self.path)
        size = self.headers.get("Content-Length", "")
        if not self._near():
            self._answer(403, "this name is not allowed: --allow\n")
        elif not size.isdigit():
            self._answer(411, "length required\n")
        elif int(size) > LARGEST:
            self._answer(413, "too large\n")
        else:
            body = self.rfile.read(int(size))
            if told:
                self._answer(int(told[1]), "no_service" if told[1] == "404" else "told to")
                return
            try:
                message = read(body, self.headers.get("Content-Type", ""), time.time())
            except PayloadError as error:
                self._answer(400, str(error))
                return
            self.server.take(message)
            self._answer(200, "ok")

    def _near(self) -> bool:
        host = self.headers.get("Host", "")
        try:
            name = (urllib.parse.urlsplit(f"//{host}").hostname or "").lower()
            return name in self.server.allowed or is_near(host)
        except ValueError:
            return False

    def _answer(self, status: int, text: str, kind: str = "text/plain") -> None:
        data = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """No line per request: what matters is the message."""


def main(arguments: Sequence[str]) -> None:
    """As a program of its own, in a container."""
    parser = argparse.ArgumentParser(description="A stand-in for Slack")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT)
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    sink = Sink(given.host, given.port, lambda message: _say(as_text(message) + "\n"))
    _say(f"listening on {given.host}:{sink.server_address[1]}")
    sink.serve_forever()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
