"""What kind of value a key takes, said once: for messages, for the JSON Schema and for the reference page.

A ``Kind`` is put into a type's ``Annotated`` beside the check itself; it checks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from midwatch.spec import checks, mail, urls
from midwatch.spec.quantity import format_duration, format_size

# Patterns for editors: the forms that people write. The loader takes what Docker and Prometheus take, so
# hexadecimal sizes too.
SIZE_PATTERN = r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)? ?([kKmMgGtTpP]([iI]?[bB])?|[bB])?$"
DURATION_PATTERN = r"^(0|(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"
CRON_PATTERN = (
    r"^\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[0-9*,/-]+\s+[0-9*,/-]+\s+[0-9*,/-]+"
    r"\s+[0-9A-Za-z*,/-]+\s+[0-9A-Za-z*,/-]+)\s*$"
)


def _as_written(value: Any) -> str:
    return str(value)


@dataclass(frozen=True)
class Kind:
    """``title`` in one or two words, ``accepts`` in a few more, ``pattern`` as ECMA-262 (empty: none), values that
    pass."""

    title: str
    accepts: str
    pattern: str
    examples: tuple[str, ...]
    show: Callable[[Any], str] = _as_written
    """How a value of this kind is written in a spec."""
    numbers: str = ""
    """For kinds that take numbers too: ``any`` (bytes) or ``zero`` (no time at all)."""


SIZE = Kind("size", "a size such as 512MiB or 2g", SIZE_PATTERN, ("512MiB", "2GiB"), format_size, "any")
DURATION = Kind(
    "duration", "a duration such as 30s, 1h30m or 7d", DURATION_PATTERN, ("30s", "1h30m", "7d"), format_duration, "zero"
)
CRON = Kind("cron", "five cron fields or a shortcut such as @daily", CRON_PATTERN, ("0 3 * * *", "@daily"))
NAME = Kind("name", "lower-case letters, digits and '-'", checks.NAME, ("studio",))
LABEL = Kind("label name", "a Prometheus label name that has no meaning yet", checks.LABEL, ("workspace_id",))
LABEL_VALUE = Kind("label value", "letters, digits, '.', '_' and '-'", checks.LABEL_VALUE, ("acme",))
ALERT_NAME = Kind("alert name", "the name of an alert of the catalogue", checks.ALERT_NAME, ("RedisDown",))
CHANNEL = Kind("channel", "a Slack channel, in quotes", checks.CHANNEL, ("#monitoring-alerts",))
MAIL_ADDRESS = Kind("e-mail address", "an e-mail address", mail.ADDRESS, ("oncall@example.com",))
MAIL_SERVER = Kind("host and port", "a mail server with its port", mail.SMARTHOST, ("smtp.example.com:587",))
MAIL_USER = Kind("user name", "a name at the mail server", mail.USERNAME, ("midwatch@example.com",))
MAIL_HELLO = Kind("host", "a host name without port", urls.HOST, ("monitoring.example.com",))
MENTION = Kind("mention", "whom Slack calls", checks.MENTION, ("<!here>",))
HTTP_URL = Kind(
    "URL", "an http:// or https:// URL without password", urls.HTTP_URL, ("https://monitoring.example.com/path",)
)
HEALTH = Kind(
    "path or URL", "a path on the app, or a full URL", rf"{urls.HTTP_PATH}|{urls.HTTP_URL}", ("/health/live",)
)
METRICS_PATH = Kind("path", "a path without a query", urls.METRICS_PATH, ("/metrics",))
NETWORK = Kind("network", "the name of a Docker network", checks.NETWORK, ("studio_default",))
VOLUME = Kind("volume", "the name of a Docker volume", checks.VOLUME, ("studio_uploads",))
VOLUME_PATH = Kind("path", "a path below the volume's root", checks.VOLUME_PATH, ("cache",))
FILE_NAME = Kind("file name", "a name without folder", checks.FILE_NAME, ("slack_webhook_url",))
RELATIVE_PATH = Kind("path", "a YAML file below the spec's folder", checks.RELATIVE_PATH, ("extra/scrape.yaml",))
PATTERN = Kind("RE2 expression", "an RE2 regular expression without quotes", "", (r"EMP-[0-9]{6}",))
HOST = Kind("host", "a host name without port", urls.HOST, ("studio",))
REGISTRY = Kind("registry", "a registry, with or without a path", urls.REGISTRY, ("registry.example.com/mirror",))
REPOSITORY = Kind(
    "repository", "a whole repository without tag", urls.REPOSITORY, ("registry.example.com/team/prometheus",)
)
TAG = Kind("tag", "the tag of an image", checks.TAG, ("v3.5.0",))
DIGEST = Kind("digest", "sha256: and 64 hexadecimal digits", checks.DIGEST, ("sha256:" + "0123456789abcdef" * 4,))
DESTINATION = Kind(
    "destination", "a restic repository or an absolute path", urls.DESTINATION, ("s3:https://s3.example.com/bucket",)
)
