"""Stands where Loki would stand, and says so: it takes OTLP logs as Loki does, and shows a test what it got.

    POST   /otlp/v1/logs   protobuf, plain or gzip; answers 204 as Loki does
    GET    /ready          "ready", once and for all
    GET    /received       every record so far, as JSON      DELETE: forget them
    GET    /received?TEXT  those that have this text somewhere
    GET    /metrics        one of its own, so that Prometheus finds what it looks for
    PUT    /refuse/503     answer pushes with this status     DELETE /refuse: take them again
    POST   /flush          answers 204: everything is on disk already
    GET    /loki/api/v1/query_range?end=SECONDS   the newest line up to then, in the form of Loki's answer

It is not Loki: it queries nothing, has no retention and no ruler. What it took in is in a file on Loki's volume before
it answers, so that it survives a restart, as with Loki's WAL. In its container,
`python3 -m loki_stand_in.server health` probes /ready, and `loki -config.file=FILE` starts it with the port and the
folder of that file, so that a backup of it can be tried out.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from . import otlp

PORT = 3100
KEEP = 100_000
FILE = Path("/loki/wal/received.jsonl")


class State:
    """What was received, a line of JSON each, bounded so that a chatty stack does not fill the memory."""

    def __init__(self, file: Path) -> None:
        self.lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        # A line that a kill cut short was never acknowledged.
        kept = file.read_text(encoding="utf-8").split("\n") if file.exists() else [""]
        self.received = kept[:-1][-KEEP:]
        file.write_text("".join(f"{line}\n" for line in self.received), encoding="utf-8")
        self.file = file.open("a", encoding="utf-8")
        self.refuse = 0
        self.total = 0

    def add(self, records: list[dict[str, Any]], tenant: str | None) -> None:
        lines = [json.dumps({"tenant": tenant, **record}, ensure_ascii=False) for record in records]
        with self.lock:
            self.file.write("".join(f"{line}\n" for line in lines))
            self.file.flush()
            self.received += lines
            self.total += len(lines)
            del self.received[:-KEEP]

    def newest(self, end: float) -> bytes:
        """As Loki answers a query with limit=1 and direction=backward."""
        with self.lock:
            known = [one for one in map(json.loads, self.received) if one["time_unix_nano"] <= end * 1e9]
        last = max(known, key=lambda one: (one["time_unix_nano"], str(one["body"])), default=None)
        result = [] if last is None else [{"stream": {}, "values": [[str(last["time_unix_nano"]), str(last["body"])]]}]
        answer = {"status": "success", "data": {"resultType": "streams", "result": result}}
        return json.dumps(answer, separators=(",", ":")).encode()

    def show(self, wanted: str) -> bytes:
        """A JSON list of the records that have this text."""
        with self.lock:
            return f"[{','.join(line for line in self.received if wanted in line)}]".encode()

    def forget(self) -> None:
        with self.lock:
            self.received.clear()
            self.file.truncate(0)


class Handler(BaseHTTPRequestHandler):
    """One request. The state hangs on the server."""

    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_GET(self) -> None:
        path, _, wanted = self.path.partition("?")
        if path == "/ready":
            self._answer(200, b"ready\n")
        elif path == "/metrics":
            # Loki's own counter under Loki's own name too: the alert on logs that do not arrive asks for it.
            total = self.server.state.total
            text = "".join(
                f"# TYPE {name} counter\n{name}{labels} {total}\n"
                for name, labels in (
                    ("loki_stand_in_records_total", ""),
                    ("loki_distributor_lines_received_total", '{tenant="fake"}'),
                )
            )
            self._answer(200, text.encode(), "text/plain; version=0.0.4")
        elif path == "/loki/api/v1/query_range":
            self._answer(200, self.server.state.newest(float(parse_qs(wanted)["end"][0])), "application/json")
        elif path == "/received":
            self._answer(200, self.server.state.show(unquote(wanted)), "application/json")
        else:
            self._answer(404, b"not found; this is midwatch's stand-in for Loki\n")

    def do_DELETE(self) -> None:
        if self.path == "/received":
            self.server.state.forget()
        elif self.path == "/refuse":
            self.server.state.refuse = 0
        self._answer(204)

    def do_PUT(self) -> None:
        status = self.path.removeprefix("/refuse/")
        if not status.isdigit():
            return self._answer(404, b"PUT /refuse/STATUS\n")
        self.server.state.refuse = int(status)
        return self._answer(204)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/flush":
            return self._answer(204)
        if self.path != "/otlp/v1/logs":
            return self._answer(404, b"not found; this is midwatch's stand-in for Loki\n")
        if self.server.state.refuse:
            return self._answer(self.server.state.refuse, b"told to refuse\n")
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            records = list(otlp.records(body))
        except (OSError, EOFError, ValueError) as error:
            return self._answer(400, f"not OTLP: {error}\n".encode())
        self.server.state.add(records, self.headers.get("X-Scope-OrgID"))
        return self._answer(204)

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Quiet: what was received is asked for, not logged (it may be what a test wants redacted)."""


class StandIn(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], file: Path = FILE) -> None:
        super().__init__(address, Handler)
        self.state = State(file)


def main(arguments: list[str]) -> int:
    if arguments == ["health"]:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=3) as answer:
            return 0 if answer.status == 200 else 1
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    file, port = FILE, PORT
    for argument in arguments:
        if argument.startswith("-config.file="):
            text = Path(argument.partition("=")[2]).read_text()
            file = Path(re.findall(r"path_prefix: (\S+)", text)[0]) / "wal" / FILE.name
            port = int(re.findall(r"http_listen_port: (\d+)", text)[0])
    StandIn(("", port), file).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
