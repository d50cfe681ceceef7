"""The messages as a page."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence

from .message import Message
from .notation import spans

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
