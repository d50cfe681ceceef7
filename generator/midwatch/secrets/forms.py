"""The forms of what a person types: a wrong paste should be noticed now, not at 3 am."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from midwatch.plan.model import Plan, Secret

_LONGEST = 4096


def problem_with(value: str, secret: Secret, plan: Plan) -> str:
    """What is wrong with a value, empty for nothing. The text never holds the value or a part of it."""
    if not value:
        return "it is empty"
    if len(value) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if any(ord(char) < 33 or ord(char) == 127 for char in value):
        return "it holds a space, a line break or a control character"
    if secret.file == plan.spec.alerting.slack.webhook_secret:
        return slack_webhook(value)
    return ""


def slack_webhook(value: str) -> str:
    """``https://…`` with a path (Slack's own, or a compatible server's), or ``http://`` to this machine for a trial."""
    try:
        url = urlsplit(value)
        host, _port = url.hostname or "", url.port
    except ValueError:
        return "it is no address"
    if url.scheme == "http" and _loopback(host):
        return ""
    if url.scheme != "https" or not host:
        return "it must begin with https:// (or, for a trial, http://127.0.0.1)"
    if host.endswith("hooks.slack.com"):
        parts = url.path.strip("/").split("/")
        if parts[0] == "services" and len(parts) != 4:
            return "a Slack webhook looks like https://hooks.slack.com/services/T…/B…/…"
    if url.path in ("", "/"):
        return "the path is missing: copy the whole address"
    return ""


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
