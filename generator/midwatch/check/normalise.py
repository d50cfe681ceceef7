"""The long form of Compose's short forms, without Compose.

Used when no compose program is at hand. It covers what one file can say; ``extends`` and ``include`` are beyond it
and are reported by :func:`beyond`. Interpolation takes the folder's ``.env`` and the defaults in the file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<op>:?[-?+])(?P<word>[^}]*))?\}|\$(?P<bare>[A-Za-z_]\w*)")


def interpolate(value: Any, env: Mapping[str, str]) -> Any:
    """Replace ``$X``, ``${X}``, ``${X:-default}`` in every string; an unset variable is empty, as in Compose."""
    if isinstance(value, dict):
        return {key: interpolate(item, env) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, env) for item in value]
    return _VARIABLE.sub(lambda match: _variable(match, env), value) if isinstance(value, str) else value


def _variable(match: re.Match[str], env: Mapping[str, str]) -> str:
    if match[0] == "$$":
        return "$"
    value = env.get(match["name"] or match["bare"])
    operator, word = match["op"] or "", match["word"] or ""
    if operator.endswith("+"):
        return word if value else ""
    if value is None or (operator.startswith(":") and not value):
        return word if operator.endswith("-") else ""
    return value


def dotenv(text: str) -> dict[str, str]:
    """``.env``: one NAME=value a line, comments and quotes allowed."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def beyond(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What only Compose itself can resolve: key path and what it is."""
    if data.get("include"):
        yield ("include",), "include"
    for name, service in _items(data.get("services")):
        if isinstance(service, dict) and service.get("extends"):
            yield ("services", name, "extends"), "extends"


def service(raw: Mapping[str, Any]) -> dict[str, Any]:
    """One service in the long form that ``docker compose config`` prints; unknown keys stay as they are."""
    result = dict(raw)
    for key, convert in _CONVERT.items():
        if key in result and result[key] is not None:
            result[key] = convert(result[key])
    return result


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return value.split()
    return [str(item) for item in value] if isinstance(value, list) else []


def pairs(value: Any) -> dict[str, Any]:
    """``[A=1, B]`` as ``{A: "1", B: None}``; a mapping as it is."""
    if isinstance(value, list):
        split = (str(item).partition("=") for item in value)
        return {name: text if equals else None for name, equals, text in split}
    return {str(key): item for key, item in _items(value)}


def names(value: Any) -> dict[str, Any]:
    """``[a, b]`` as ``{a: None, b: None}``; a mapping as it is."""
    return {str(item): None for item in value} if isinstance(value, list) else dict(_items(value))


def _health(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("test"), str):
        return {**value, "test": ["CMD-SHELL", value["test"]]}
    return value


def port(value: Any) -> dict[str, Any]:
    """``127.0.0.1:8080:80/tcp`` in its long form."""
    if isinstance(value, dict):
        return value
    text, _, protocol = str(value).partition("/")
    head, _, target = text.rpartition(":")
    host, _, published = head.rpartition(":")
    return {"host_ip": host.strip("[]"), "published": published, "target": target, "protocol": protocol or "tcp"}


def mount(value: Any) -> dict[str, Any]:
    """``source:target:ro`` in its long form."""
    if isinstance(value, dict):
        return value
    parts = str(value).split(":")
    if len(parts) == 1:
        return {"type": "volume", "source": "", "target": parts[0]}
    source, target, options = parts[0], parts[1], (parts[2] if len(parts) > 2 else "").split(",")
    kind = "bind" if source.startswith((".", "/", "~")) else "volume"
    return {"type": kind, "source": source, "target": target, "read_only": "ro" in options}


def grant(value: Any) -> dict[str, Any]:
    """A secret or config by name in its long form."""
    return value if isinstance(value, dict) else {"source": str(value)}


def _each(convert: Any) -> Any:
    return lambda value: [convert(item) for item in value] if isinstance(value, list) else []


_CONVERT: Mapping[str, Any] = {
    "command": _words,
    "entrypoint": _words,
    "environment": pairs,
    "labels": pairs,
    "networks": names,
    "depends_on": names,
    "healthcheck": _health,
    "ports": _each(port),
    "volumes": _each(mount),
    "secrets": _each(grant),
    "configs": _each(grant),
    "tmpfs": lambda value: [value] if isinstance(value, str) else value,
}
