"""Images that nobody should upgrade to: one starts and is never healthy, one is healthy and does nothing."""

from __future__ import annotations

import subprocess

from tests.lab.images import userland
from tests.lab.images.fills import python
from tests.lab.images.layout import Layout
from tests.lab.programs import get

NEVER_HEALTHY = "midwatch-lab/redis-never-healthy:1"
SWALLOWS = "midwatch-lab/collector-swallows:1"

_SLEEP = "#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 1; done\n"
_SWALLOW = '''#!/usr/local/bin/python3 -IB
"""Says that it is well, takes all that it is sent, and passes nothing on."""
import os, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"otelcol_process_uptime 1\\n", "text/plain; version=0.0.4")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer(b"{}", "application/json")

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
for port in (4317, 8888, 13133):
    threading.Thread(target=ThreadingHTTPServer(("", port), Handler).serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 4318), Handler).serve_forever()
'''


def make() -> None:
    """Both, in the engine."""
    sleeper = Layout()
    userland.busybox(sleeper)
    sleeper.file("/usr/local/bin/redis-server", _SLEEP, 0o755)
    sleeper.folder("/data", 999, 999)
    _import(sleeper, NEVER_HEALTHY)
    swallower = Layout()
    python(swallower, get("python"))
    swallower.file("/otelcol-contrib", _SWALLOW, 0o755)
    _import(swallower, SWALLOWS, 'ENTRYPOINT ["/otelcol-contrib"]')


def _import(layout: Layout, reference: str, *changes: str) -> None:
    words = [word for change in (*changes, "LABEL midwatch.lab=built") for word in ("--change", change)]
    process = subprocess.Popen(["docker", "import", *words, "-", reference], stdin=subprocess.PIPE)
    assert process.stdin
    with process.stdin as stream:
        layout.write(stream)
    assert process.wait() == 0
