"""Takes what is posted to a Slack webhook, and shows it as Slack would.

    POST /anything        a message, as JSON or as the form field `payload`; answered as Slack answers
    POST /status/404/…    answers with that status, to try a broken webhook
    GET  /                the messages as a page      GET /messages   as JSON      GET /health   "ok"

Standard library only and in one file: `midwatch sink` runs it on the workstation, and a plain Python container runs it
inside a stack. What is posted is other people's data: it is bounded, and shown as text, never as markup.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import signal
import sys
import threading
import time
import unicodedata
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

PORT = 8098
KEEP = 200
"""Messages that are kept."""
LARGEST = 1024 * 1024
"""Bytes of one post."""
LONGEST = 8000
"""Characters of one text, as of what Slack shows."""
ATTACHMENTS = 20
BARS = {"good": "#2eb886", "warning": "#daa038", "danger": "#a30200"}
PLAIN = "#dddddd"


@dataclass(frozen=True)
class Attachment:
    """A part of a message with a bar at its left. ``color`` is ``#rrggbb``."""

    color: str
    title: str
    link: str
    text: str


@dataclass(frozen=True)
class Message:
    """One message. ``at`` is Unix time; texts are in Slack's own notation (``*bold*``, ```code```)."""

    at: float
    channel: str
    sender: str
    text: str
    attachments: tuple[Attachment, ...]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at))
        return {**asdict(self), "at": shown}


@dataclass(frozen=True)
class Span:
    """A piece of text. ``style``: ``bold``, ``italic``, ``strike``, ``code`` or empty; ``link``: address or empty."""

    text: str
    style: str = ""
    link: str = ""


class PayloadError(ValueError):
    """What Slack would not take; the text is Slack's own word for it."""


def read(body: bytes, kind: str, at: float) -> Message:
    """The message in a post. Raises PayloadError."""
    try:
        text = body.decode()
        if kind.startswith("application/x-www-form-urlencoded"):
            # curl -d says so of JSON too
            text = urllib.parse.parse_qs(text, max_num_fields=10).get("payload", [text])[0]
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise PayloadError("invalid_payload") from None
    if not isinstance(data, dict):
        raise PayloadError("invalid_payload")
    parts = data.get("attachments")
    attachments = tuple(
        Attachment(_color(part.get("color")), clean(part.get("title")), _link(part.get("title_link")),
                   clean(part.get("text") or part.get("fallback") or ""))
        for part in (parts if isinstance(parts, list) else [])[:ATTACHMENTS]
        if isinstance(part, dict)
    )  # fmt: skip
    message = Message(
        at, clean(data.get("channel"))[:80], clean(data.get("username") or "incoming-webhook")[:80],
        clean(data.get("text")), attachments,
    )  # fmt: skip
    if not message.text and not any(part.title or part.text for part in attachments):
        raise PayloadError("no_text")
    return message


def clean(value: object) -> str:
    """Text without what could steer a terminal or turn the direction of writing; cut where it is too long."""
    text = value if isinstance(value, str) else ""
    text = text[:LONGEST] + ("…" if len(text) > LONGEST else "")
    return "".join(one if _harmless(one) else f"\\u{ord(one):04x}" for one in text.replace("\r\n", "\n"))


def _harmless(one: str) -> bool:
    # U+200D joins emoji, U+FE0F colours them; every other invisible character is shown.
    return one in "\n\t\u200d\ufe0f" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _color(value: object) -> str:
    text = BARS.get(str(value), str(value))
    return text.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else PLAIN


def _link(value: object) -> str:
    text = str(value or "")
    return text if re.fullmatch(r"https?://[!-~]{1,2000}", text) else ""


_MARKUP = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])"
    r"|<(?P<special>[!@#][^<>|\n]*)(?:\|(?P<called>[^<>\n]*))?>"
    r"|<(?P<link>https?://[^<>|\s]+)(?:\|(?P<name>[^<>\n]*))?>"
    r"|(?P<bare>https?://[^\s<>`*|]+)"
)


def spans(text: str) -> Iterator[Span]:
    """Slack's notation, as far as alerts use it."""
    at = 0
    for found in _MARKUP.finditer(text):
        if found.start() > at:
            yield Span(_plain(text[at : found.start()]))
        at = found.end()
        style = next((name for name in ("code", "bold", "italic", "strike") if found[name]), "")
        if style:
            yield Span(_plain(found[style]), style)
        elif found["special"]:
            name = found["called"] or found["special"].lstrip("!#@").split("^")[0]
            yield Span(f"@{_plain(name).lstrip('@')}", "bold")
        else:
            address = found["link"] or found["bare"]
            yield Span(_plain(found["name"] or address), "", _link(address))
    if at < len(text):
        yield Span(_plain(text[at:]))


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def as_text(message: Message) -> str:
    """For a log: no colours, no markup."""
    clock = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(message.at))
    lines = [f"{message.channel or '(the channel of the webhook)'}  {message.sender}  {clock}"]
    lines += [f"  {line}" for line in "".join(span.text for span in spans(message.text)).splitlines()]
    for part in message.attachments:
        link = f"  <{part.link}>" if part.link else ""
        lines += [f"  | {part.title}{link}"] if part.title else []
        lines += [f"  | {line}" for line in "".join(span.text for span in spans(part.text)).splitlines()]
    return "\n".join(lines)


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem;color:#1d1c1d;"
    "background:#fff}article{margin:0 0 1.4rem}header{color:#616061;font-size:.87em}header b{color:#1d1c1d}"
    ".part{border-left:4px solid;border-radius:3px;padding:.1rem 0 .1rem .8rem;margin:.3rem 0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}.part h2{font-size:1em;margin:0}code{background:#f4f4f4;border:1px solid #ddd;"
    "border-radius:3px;padding:0 .2em;color:#c01343}"
    "@media(prefers-color-scheme:dark){body,header b{background:#1a1d21;color:#e8e8e8}code{background:#222;"
    "border-color:#444;color:#e8912d}a{color:#6cb6ff}}"
)


def page(messages: Sequence[Message]) -> str:
    """All messages, newest first."""
    shown = "".join(_article(message) for message in reversed(messages)) or "<p>No message yet.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>midwatch sink</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
        f"<style>{_STYLE}</style><h1>What Slack would show</h1>{shown}</html>"
    )


def _article(message: Message) -> str:
    clock = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(message.at))
    head = f"<b>{html.escape(message.sender)}</b> {html.escape(message.channel)} {clock}"
    parts = [f'<div class="part" style="border-color:transparent">{_html(message.text)}</div>'] if message.text else []
    for part in message.attachments:
        title = _anchor(html.escape(part.title), part.link)
        parts.append(f'<div class="part" style="border-color:{part.color}"><h2>{title}</h2>{_html(part.text)}</div>')
    return f"<article><header>{head}</header>{''.join(parts)}</article>"


def _html(text: str) -> str:
    tags = {"code": "code", "bold": "b", "italic": "i", "strike": "s"}
    pieces = []
    for span in spans(text):
        shown = _anchor(html.escape(span.text), span.link)
        pieces.append(f"<{tags[span.style]}>{shown}</{tags[span.style]}>" if span.style else shown)
    return "".join(pieces)


def _anchor(shown: str, link: str) -> str:
    return f'<a rel="noreferrer noopener" href="{html.escape(link)}">{shown}</a>' if link else shown


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


if __name__ == "__main__":
    main(sys.argv[1:])
