"""The two ways in which Compose lets many values be written: each read to its long form, and written back as it was.

``read`` gives the long form as a mapping, or None when it is not of that form. ``write`` gives what stands in the file,
or None when the form cannot say it; then the long form is written.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from midwatch.check import normalise

Long = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """How a value may be written besides its long form. ``defaults`` may be left out without changing the meaning."""

    name: str
    read: Callable[[Any], dict[Any, Any] | None]
    write: Callable[[Long], Any | None]
    defaults: Mapping[str, Any]


def _port(value: Any) -> dict[Any, Any] | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return {key: item for key, item in normalise.port(value).items() if item != ""}


def _write_port(long: Long) -> str | None:
    if not long.get("target") or set(long) - {"target", "published", "host_ip", "protocol", "mode"}:
        return None
    if long.get("mode", "ingress") != "ingress" or (long.get("host_ip") and not long.get("published")):
        return None
    host = str(long.get("host_ip", ""))
    parts = [f"[{host}]" if ":" in host else host, str(long.get("published", "")), str(long["target"])]
    protocol = str(long.get("protocol", "tcp"))
    return ":".join(part for part in parts if part) + ("" if protocol == "tcp" else f"/{protocol}")


def _mount(value: Any) -> dict[Any, Any] | None:
    if not isinstance(value, str) or "${" in value:
        return None
    options = value.split(":")[2:]
    if len(options) > 1 or (options and options[0] not in ("ro", "rw")):
        return None
    return {key: item for key, item in normalise.mount(value).items() if item != ""}


def _write_mount(long: Long) -> str | None:
    if not long.get("target") or set(long) - {"type", "source", "target", "read_only"}:
        return None
    source, target = str(long.get("source", "")), str(long["target"])
    text = f"{source}:{target}" if source else target
    text += ":ro" if long.get("read_only") and source else ""
    again = _mount(text)
    return text if again is not None and _same(again, long) else None


def _same(one: Long, other: Long) -> bool:
    keys = (one.keys() | other.keys()) - {"read_only"}
    return all(one.get(key) == other.get(key) for key in keys) and bool(one.get("read_only")) == bool(
        other.get("read_only")
    )


def _grant(value: Any) -> dict[Any, Any] | None:
    return {"source": value} if isinstance(value, str) else None


def _write_grant(long: Long) -> str | None:
    return str(long["source"]) if set(long) == {"source"} else None


def _pairs(value: Any) -> dict[Any, Any] | None:
    return normalise.pairs(value) if isinstance(value, list) else None


def write_pair(name: Any, value: Any) -> str:
    """One item of the form ``NAME=value``; ``NAME`` alone for no value."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return str(name) if value is None else f"{name}={text}"


def _write_pairs(long: Long) -> list[str] | None:
    if any(isinstance(value, dict | list) for value in long.values()):
        return None
    return [write_pair(name, value) for name, value in long.items()]


def _names(value: Any) -> dict[Any, Any] | None:
    return normalise.names(value) if isinstance(value, list) else None


def _write_names(*plain: Mapping[str, Any]) -> Callable[[Long], list[str] | None]:
    def write(long: Long) -> list[str] | None:
        return [str(name) for name in long] if all(not value or value in plain for value in long.values()) else None

    return write


def _words(value: Any) -> dict[Any, Any] | None:
    if not isinstance(value, str):
        return None
    try:
        return dict(enumerate(shlex.split(value)))
    except ValueError:
        return None


def _write_words(long: Long) -> str:
    # Not shlex.join: it would put quotes around Compose's own ${VARIABLES}.
    words = [str(word) for word in long.values()]
    return " ".join(shlex.quote(word) if not word or set(word) & set(" \t\n'\"\\") else word for word in words)


_STARTED = {"condition": "service_started"}
PORT = Form("port", _port, _write_port, {"protocol": "tcp", "mode": "ingress"})
MOUNT = Form("mount", _mount, _write_mount, {"read_only": False})
GRANT = Form("grant", _grant, _write_grant, {})
PAIRS = Form("pairs", _pairs, _write_pairs, {})
NAMES = Form("names", _names, _write_names(), {})
NEEDS = Form("needs", _names, _write_names(_STARTED), {"required": True, "restart": False})
WORDS = Form("words", _words, _write_words, {})
STARTED = _STARTED
"""What a name alone means under ``depends_on``."""
