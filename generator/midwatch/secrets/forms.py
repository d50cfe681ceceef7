"""The forms of what a person types: a wrong paste should be noticed now, not at 3 am."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from midwatch.plan.model import Plan, Secret

_LONGEST = 4096
_LONGEST_FILE = 64 * 1024
"""Of what has several lines: a chain of certificates has some thousand characters each."""


def problem_with(value: str, secret: Secret, plan: Plan) -> str:
    """What is wrong with a value, empty for nothing. The text never holds the value or a part of it."""
    if not value:
        return "it is empty"
    longest = _LONGEST_FILE if secret.lines else _LONGEST
    if len(value) > longest:
        return f"it is longer than {longest} characters"
    email = plan.spec.alerting.email
    spaces = email is not None and secret.file == email.password_secret  # people may choose such a password
    if secret.lines:
        return "" if value.isprintable() or value.replace("\n", "").isprintable() else "it holds a control character"
    if any(ord(char) < (32 if spaces else 33) or ord(char) == 127 for char in value):
        return "it holds a space, a line break or a control character"
    if secret.file == plan.spec.alerting.slack.webhook_secret:
        return slack_webhook(value, trial=plan.environment != "production")
    return ""


def slack_webhook(value: str, *, trial: bool = False) -> str:
    """What is wrong with a webhook's address; empty for nothing.

    ``https://…`` with a path: Slack's own, or a compatible server's. With ``trial`` also a stand-in's; one on
    loopback, which no container reaches, always: it is a placeholder, and `midwatch check` says so.
    """
    try:
        url = urlsplit(value)
        host, _port = url.hostname or "", url.port
    except ValueError:
        return "it is no address"
    if stand_in(value):
        if trial or _loopback(host):
            return ""
        return "it leads to a stand-in for Slack, and environment is production: nobody would be told"
    if url.scheme != "https" or not host:
        return (
            "it must begin with https:// (or, for a trial, http:// and lead to a stand-in such as http://sink:8098/x)"
        )
    if host.endswith("hooks.slack.com"):
        parts = url.path.strip("/").split("/")
        if parts[0] == "services" and len(parts) != 4:
            return "a Slack webhook looks like https://hooks.slack.com/services/T…/B…/…"
    if url.path in ("", "/"):
        return "the path is missing: copy the whole address"
    return ""


def stand_in(value: str) -> bool:
    """Whether an address leads to a stand-in for Slack: over http to this machine, or to a name without a dot, which
    only a network of the stack's own knows."""
    try:
        url = urlsplit(value)
        host, _port = url.hostname or "", url.port
    except ValueError:
        return False
    if url.scheme != "http" or not host:
        return False
    near = "." not in host and ":" not in host and not host.isdigit()
    return near or host == "host.docker.internal" or _loopback(host)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
