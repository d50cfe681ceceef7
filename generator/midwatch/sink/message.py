"""What is posted to a webhook, read as Slack reads it. It is other people's data: bounded, and text, never markup."""

from __future__ import annotations

import json
import re
import time
import unicodedata
import urllib.parse
from dataclasses import asdict, dataclass
from typing import Any

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
        Attachment(_color(part.get("color")), clean(part.get("title")), link(part.get("title_link")),
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


def link(value: object) -> str:
    """The address of a link; empty where it is none that a browser may open."""
    text = str(value or "")
    return text if re.fullmatch(r"https?://[!-~]{1,2000}", text) else ""
