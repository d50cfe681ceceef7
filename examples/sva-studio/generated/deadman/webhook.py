"""The webhook's secret, and requests that never raise and never name an address."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

TIMEOUT = 4.0
"""Seconds."""


def read_webhook(file: Path) -> tuple[str, str]:
    """(address or "", what is wrong or ""). Read anew each time, so that a new secret needs no restart.

    A file that is mounted by itself stays what it was when it is removed or replaced on the host: then it has no name
    any more, and the next start of this container fails or finds another one.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            text, names = opened.read().strip(), os.fstat(opened.fileno()).st_nlink
    except FileNotFoundError:
        return "", "secret_missing"
    except (OSError, UnicodeDecodeError):
        return "", "secret_unreadable"
    if not text:
        return "", "secret_empty"
    if not re.fullmatch(r"https?://[!-~]+", text):
        return "", "secret_malformed"
    return text, "" if names else "secret_gone"


def request(url: str, payload: Mapping[str, str] | None = None) -> str:
    """POST the payload, or GET; "ok", "http_<status>" or "unreachable". Never raises, never names the address."""
    data = None if payload is None else json.dumps(payload).encode()
    try:
        headers = {"Content-Type": "application/json"} if data else {}
        made = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (checked by read_webhook)
        with urllib.request.urlopen(made, timeout=TIMEOUT) as answer:  # noqa: S310
            return "ok" if 200 <= answer.status < 300 else f"http_{answer.status}"
    except urllib.error.HTTPError as error:
        return f"http_{error.code}"
    except Exception:  # whatever it is, it must not end the only program that still watches
        return "unreachable"


def probe(url: str) -> str:
    """Whether the webhook is there, without a message: Slack answers 400 to one that has no text, and 403, 404 or 410
    where there is no such webhook (any more). "ok", or what `request` says."""
    result = request(url, {})
    return "ok" if result == "http_400" else result
