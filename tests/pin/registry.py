"""A small registry: tags and their manifests, with or without a token that it wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Registry:
    """``images``: ``path:tag`` -> manifest. ``asked`` are the paths of all requests."""

    host: str = ""
    images: dict[str, bytes] = field(default_factory=dict)
    token: str = ""
    lies: bool = False
    asked: list[str] = field(default_factory=list)

    def digest(self, name: str) -> str:
        return f"sha256:{sha256(self.images[name]).hexdigest()}"


@contextmanager
def registry() -> Iterator[Registry]:
    """One on loopback."""
    made = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            if self.path.startswith("/token?"):
                return self._answer(200, json.dumps({"token": made.token}).encode())
            if made.token and self.headers.get("Authorization") != f"Bearer {made.token}":
                challenge = f'Bearer realm="http://{made.host}/token",service="tests",scope="repository:x:pull"'
                return self._answer(401, b"", {"WWW-Authenticate": challenge})
            path, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
            body = made.images.get(f"{path}:{tag}")
            if body is None or "oci.image.index" not in self.headers.get("Accept", ""):
                return self._answer(404, b"{}")
            digest = "sha256:" + "0" * 64 if made.lies else made.digest(f"{path}:{tag}")
            return self._answer(200, body, {"Docker-Content-Digest": digest})

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
