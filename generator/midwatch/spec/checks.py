"""Checks of single values: names, labels, files, addresses.

What passes ends up in YAML, PromQL, URLs, shell and file paths, so each check allows little, and says what.
Each takes the text and returns it unchanged, or raises ValueError with what is allowed and, where there is one, a
value that works.
The patterns are ECMA-262 regular expressions too: the JSON Schema carries them.
"""

from __future__ import annotations

import re
import unicodedata

from midwatch.spec.regex import re2_pattern
from midwatch.spec.shown import shown
from midwatch.spec.suggest import did_you_mean
from midwatch.spec.urls import (
    destination,
    health,
    host,
    http_path,
    http_url,
    metrics_path,
    reachable_url,
    registry,
    repository,
)

__all__ = [
    "alert_name",
    "channel",
    "destination",
    "digest",
    "file_name",
    "health",
    "host",
    "http_path",
    "http_url",
    "label",
    "label_value",
    "mention",
    "metrics_path",
    "name",
    "network",
    "re2_pattern",
    "reachable_url",
    "registry",
    "relative_path",
    "repository",
    "tag",
    "volume",
    "volume_path",
]

NAME = r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$"
LABEL = r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$"
LABEL_VALUE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
ALERT_NAME = r"^[A-Za-z][A-Za-z0-9]{0,63}$"
CHANNEL = r"^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,20})$"
NETWORK = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$"
RELATIVE_PATH = r"^[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*\.ya?ml$"
MENTION = r"^((<!(here|channel|everyone)>|<!subteam\^[A-Z0-9]{1,20}>|<@[A-Z0-9]{1,20}>)( (?=<)|$))*$"
VOLUME = r"^(?!.*(\.[.-]|-\.))[A-Za-z0-9][A-Za-z0-9_.-]{0,52}[A-Za-z0-9_]$"
VOLUME_PATH = r"^(?!.*//)(?!(.*/)?\.\.?(/|$))[A-Za-z0-9_.@+-]([A-Za-z0-9_.@+ /-]*[A-Za-z0-9_.@+-])?$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
TAG = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"

# Labels that Prometheus, Loki, Alertmanager or the stack's own rules give a meaning of their own. One that the stack's
# metrics have already would be renamed to exported_… when they are scraped, and the alerts would find nothing.
RESERVED_LABELS = frozenset(
    [
        "job", "instance", "severity", "alertname", "alertstate", "alertgroup", "component", "le", "quantile",
        "service_name", "level",
        "stack", "environment", "service", "app", "device", "err", "escalated", "exporter", "integration", "leg",
        "mountpoint", "project", "reason", "receiver", "receiver_name", "route", "rule_group", "signal", "status",
        "status_code", "store", "unresolved",
    ]
)  # fmt: skip
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l"})


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits; ``$`` alone would let a trailing newline through."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


def require(pattern: str, text: str, allowed: str, suggestion: str = "") -> str:
    """The text if it fits; otherwise ValueError with what is allowed and the suggestion, if that fits."""
    if matches(pattern, text):
        return text
    better = f", did you mean {suggestion!r}?" if suggestion and matches(pattern, suggestion) else ""
    raise ValueError(f"must be {allowed}, not {shown(text)}{better}")


def plain(text: str, joiner: str) -> str:
    """The nearest text of lower-case ASCII letters, digits and the joiner: ``Müller & Co`` -> ``mueller-co``."""
    spelled = unicodedata.normalize("NFC", text[:200]).lower().translate(_SPELLED_OUT)
    ascii_only = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", joiner, ascii_only).strip(joiner)


def name(text: str) -> str:
    """Name of a stack, an app or a rule."""
    allowed = "2 to 40 lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit"
    return require(NAME, text, allowed, plain(text, "-").lstrip("0123456789-")[:40].rstrip("-"))


def label(text: str) -> str:
    """Name of a Prometheus label that nobody else uses."""
    require(LABEL, text, "a label name: up to 64 letters, digits and '_', not beginning with a digit", plain(text, "_"))
    if text.startswith("__"):
        raise ValueError(f"must not begin with '__', which Prometheus keeps to itself: {text!r}")
    if text.lower() in RESERVED_LABELS:
        raise ValueError(f"must not be {text!r}, which has a meaning of its own; for instance 'workspace_id'")
    return text


def label_value(text: str) -> str:
    """Value of a label, such as the id of a tenant."""
    return require(
        LABEL_VALUE,
        text,
        "1 to 63 letters, digits, '.', '_' and '-', beginning with a letter or digit",
        plain(text, "-"),
    )


def alert_name(text: str) -> str:
    """Name of an alert, as in the catalogue."""
    return require(
        ALERT_NAME,
        text,
        "the name of an alert: letters and digits, such as RedisDown",
        re.sub(r"[^A-Za-z0-9]", "", text[:99]),
    )


def channel(text: object) -> str:
    """A Slack channel. Takes None too, because an unquoted ``#name`` is a comment to YAML, and a channel lost that
    way is silent."""
    if text is None:
        raise ValueError('is empty: to YAML, # begins a comment, so put the channel in quotes: "#monitoring-alerts"')
    if not isinstance(text, str):
        raise ValueError(f'must be a Slack channel in quotes, such as "#monitoring-alerts", not {shown(text)}')
    suggestion = "#" + re.sub(r"[^a-z0-9_-]+", "-", text[:80].lower().lstrip("#@ ")).strip("-")
    return require(
        CHANNEL, text, "a Slack channel (# and up to 80 lower-case letters, digits, '-' and '_') or its id", suggestion
    )


def mention(text: str) -> str:
    """Whom Slack calls; nothing else, because it is put into Alertmanager's templates."""
    fixed = did_you_mean(text, ("<!here>", "<!channel>", "<!everyone>"))
    if matches(MENTION, text):
        return text
    raise ValueError(
        f"must be <!here>, <!channel>, <!subteam^ID> or <@USERID>, one space apart, not {shown(text)}{fixed}"
    )


def network(text: str) -> str:
    """Name of a Docker network on which containers find each other by name."""
    require(NETWORK, text, "the name of a Docker network: up to 64 letters, digits, '_', '.' and '-'", plain(text, "_"))
    if text in ("host", "none", "bridge"):
        raise ValueError(
            f"must be a network of the app's own Compose project, such as 'studio_default': {text!r} finds no names"
        )
    return text


def volume(text: str) -> str:
    """Name of a Docker volume, as `docker volume ls` shows it; it becomes part of a host name, so that what Docker
    allows beyond those (``a..b``, ``a-``) cannot be scraped."""
    if re.match(r"[./~]", text):
        raise ValueError(f"must be the name of a Docker volume (docker volume ls), not a path: {shown(text)}")
    allowed = "the name of a Docker volume: 2 to 54 letters, digits, '_', '.' and '-', beginning with a letter or digit"
    if matches(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,53}", text):
        allowed = "a name that can be part of a host name: no '.' or '-' at its end, and none beside a '.'"
        return require(VOLUME, text, allowed)
    return require(VOLUME, text, allowed, plain(text, "_"))


def volume_path(text: str) -> str:
    """A folder or file in a volume; no pattern, since find and restic read those in different ways."""
    allowed = "a path below the volume's root, such as cache or tmp/sessions (no pattern, no '..')"
    if len(text) > 200:
        raise ValueError(f"must be {allowed}, of at most 200 characters, not {len(text)}")
    return require(VOLUME_PATH, text, allowed, re.sub(r"/*(/\*+)?/*$", "", re.sub(r"^(\./|/)+", "", text)))


def file_name(text: str) -> str:
    """Name of a file in ``secrets/``; also the name of the Compose secret."""
    if len(text) > 64:
        raise ValueError(f"must be a file name of at most 64 characters, not {len(text)}")
    return require(
        FILE_NAME, text, "a file name of letters, digits, '_', '-' and '.', without a folder", plain(text, "_")
    )


def relative_path(text: str) -> str:
    """Path of a YAML file beside the spec or below it."""
    allowed = "a path below the spec's folder, such as extra/scrape.yaml (letters, digits, '_', '-', '.', '/'; no '..')"
    if len(text) > 200:
        raise ValueError(f"must be {allowed}, of at most 200 characters, not {len(text)}")
    return require(RELATIVE_PATH, text, allowed, re.sub(r"^(\./|/)+", "", text.replace("\\", "/")))


def digest(text: str) -> str:
    """Digest of an image."""
    return require(
        DIGEST,
        text,
        "sha256: and 64 hexadecimal digits, as `docker images --digests` prints it",
        f"sha256:{text.strip()}".lower(),
    )


def tag(text: str) -> str:
    """Tag of an image."""
    return require(TAG, text, "the tag of an image, such as 'v3.5.0'", text.strip().lstrip(":"))
