"""Slack's notation (``*bold*``, ``<address|name>``), as far as alerts use it, and a message as plain text."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .message import Message, link


@dataclass(frozen=True)
class Span:
    """A piece of text. ``style``: ``bold``, ``italic``, ``strike``, ``code`` or empty; ``link``: address or empty."""

    text: str
    style: str = ""
    link: str = ""


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
            yield Span(_plain(found["name"] or address), "", link(address))
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
