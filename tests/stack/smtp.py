"""A mail server for tests: STARTTLS, a login, and the messages that it took. Standard library only."""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.stack.programs import needed


@dataclass(frozen=True)
class Mail:
    """One message as it came, and how."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage
    encrypted: bool
    login: str
    """``user:password``, or empty."""

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """The text of its part ``plain`` or ``html``, lines as on Unix."""
        found = self.message.get_body((kind,))
        assert found is not None, f"no {kind} part"
        return str(found.get_content()).replace("\r\n", "\n")


class Smtp(socketserver.ThreadingTCPServer):
    """Listens on loopback until the block of `smtp` ends."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[Mail] = []
        self.refuses = ""
        """What it answers to every message, such as ``554 no``; empty: it takes them."""
        self.certificate = certificate
        self.context: ssl.SSLContext | None = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.password = "pass word"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@dataclass
class _Session:
    sender: str = ""
    to: list[str] = field(default_factory=list)
    login: str = ""
    encrypted: bool = False


class _Handler(socketserver.StreamRequestHandler):
    server: Smtp
    timeout = 10

    def handle(self) -> None:
        self.session = _Session()
        self.say("220 ready")
        while line := self.rfile.readline():
            word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            method = getattr(self, f"on_{word.lower()}", None)
            if method is None:
                self.say("502 unknown")
            elif method(rest) == "end":
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def on_ehlo(self, _: str) -> None:
        tls = self.server.context is not None and not self.session.encrypted
        self.say("250-test")
        if tls:
            self.say("250-STARTTLS")
        self.say("250 AUTH PLAIN")

    def on_starttls(self, _: str) -> None:
        self.say("220 go on")
        assert self.server.context is not None
        secure: Any = self.server.context.wrap_socket(self.connection, server_side=True)
        self.connection = self.request = secure
        self.rfile, self.wfile = secure.makefile("rb"), secure.makefile("wb", buffering=0)
        self.session.encrypted = True

    def on_auth(self, rest: str) -> None:
        kind, _, given = rest.partition(" ")
        if kind.upper() != "PLAIN":
            self.say("504 no")
            return
        if not given:
            self.say("334 ")
            given = self.rfile.readline().decode().strip()
        _, user, password = base64.b64decode(given).decode().split("\0")
        self.session.login = f"{user}:{password}"
        self.say("235 ok" if password == self.server.password else "535 wrong password")

    def on_mail(self, rest: str) -> None:
        self.session.sender = rest[rest.index("<") + 1 : rest.index(">")]
        self.say("250 ok")

    def on_rcpt(self, rest: str) -> None:
        self.session.to.append(rest[rest.index("<") + 1 : rest.index(">")])
        self.say("250 ok")

    def on_data(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.server.refuses:
            self.say(self.server.refuses)
            return
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        one = self.session
        self.server.messages.append(Mail(one.sender, tuple(one.to), message, one.encrypted, one.login))
        self.say("250 taken")

    def on_rset(self, _: str) -> None:
        self.say("250 ok")

    on_noop = on_rset

    def on_quit(self, _: str) -> str:
        self.say("221 bye")
        return "end"


@contextmanager
def smtp(folder: Path | None) -> Iterator[Smtp]:
    """A running server; with a folder it offers STARTTLS, with a certificate that is made there."""
    certificate = None
    if folder:
        certificate = folder / "smtp.pem"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                 "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(certificate),
                 "-out", str(folder / "smtp.crt")]  # fmt: skip
        subprocess.run([needed("openssl"), *words], check=True, capture_output=True)
        with certificate.open("a") as file:
            file.write((folder / "smtp.crt").read_text())
    server = Smtp(certificate)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
