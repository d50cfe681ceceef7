"""What a scalar means to the program that reads it: ``512m`` and ``512M`` are one size, ``60s`` and ``1m`` one time.

Two values of equal meaning are no change. A key that is not known here is compared as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

from midwatch.check.kinds import Kind
from midwatch.check.units import docker_size, go_duration, prometheus_size, redis_size
from midwatch.spec.quantity import parse_duration

SIZE = re.compile(
    r"^(?:mem_limit|memory|mem_reservation|memswap_limit|shm_size|size|kernel_memory|max_size|max-size"
    r"|\w*_size|\w*_ceiling|\w*_limit|\w*_burst|\w*_bytes\w*|\w*_memory)$"
)
DURATION = re.compile(
    r"^(?:for|keep_firing_for|interval|timeout|delay|window|period|time|ttl|since|stop_grace_period|start_period"
    r"|\w*_(?:interval|timeout|wait|period|delay|duration|age|window|backoff|time|within|within_\w+|ttl|length|lookback"
    r"|threshold|sleep|older_than))$"
)
"""Keys whose value is a size, and those whose value is a time: ``170m`` could be either."""
_NUMBER = re.compile(r"^-?(?:0|[1-9]\d*)(?:\.\d+)?$")
_MATCHER = re.compile(r'^\s*([\w:."]+?)\s*(=~|!~|!=|=)\s*("?)(.*?)\3\s*$', re.DOTALL)
_TYPED = frozenset({Kind.COLLECTOR, Kind.YAML, Kind.OTHER})
"""Formats in which ``1`` and ``"1"`` may differ: an attribute is a number or a text."""
_FREE = frozenset({"labels", "annotations", "external_labels", "environment", "args"})
"""Below these keys a value is the user's own text: it has no unit."""


def scalar(kind: Kind, at: tuple[Any, ...], value: Any) -> Hashable:
    """The meaning of a scalar at a place of a file of this kind; equal for values that are no change."""
    key = str(at[-1]) if at and isinstance(at[-1], str) else ""
    if kind is Kind.COMPOSE and len(at) == 4 and at[2] in ("environment", "labels", "sysctls", "extra_hosts"):
        return _as_text(value)
    free = any(step in _FREE for step in at)
    if not free and key == "cpus" and (number := _float(value)) is not None:
        return ("number", number)
    if not free and not isinstance(value, bool) and isinstance(value, str | int):
        for pattern, read in _UNITS.get(kind, ()):
            if pattern.match(key) and (amount := read(value)) is not None:
                return ("amount", float(amount))
    if isinstance(value, str):
        if key == "expr":
            return ("text", _expression(value))
        if not free and kind is Kind.ALERTMANAGER and _is_matcher(at):
            return ("text", matcher(value))
    return plain(value, typed=kind in _TYPED)


def matcher(value: Any) -> str:
    """A matcher of Alertmanager in one way of writing it: ``a="b"`` for ``a=b`` and ``a = "b"``."""
    match = _MATCHER.match(value) if isinstance(value, str) else None
    return f'{match[1]}{match[2]}"{match[4]}"' if match else str(value)


def word(key: str, value: Any) -> Hashable:
    """The meaning of a word of a command; ``key`` is what identifies it there (``midwatch.merge.flags``)."""
    if isinstance(value, dict | list):
        return ("whole", repr(value))
    text = str(value)
    name, value_of_flag, _ = key.partition(" value")
    given = text if value_of_flag else text.partition("=")[2]
    for pattern, read in _FLAGS if name.startswith("-") and given else ():
        if pattern.fullmatch(name) and (amount := read(given)) is not None:
            return ("flag", key, float(amount))
    return plain(value, typed=False)


def plain(value: Any, *, typed: bool) -> Hashable:
    """A scalar as it is; in formats without types of their own a number and its text are the same."""
    if isinstance(value, bool) or value is None:
        return ("fixed", value)
    if isinstance(value, int | float):
        return ("number", float(value))
    if not typed and isinstance(value, str) and len(value) <= 15 and _NUMBER.match(value):
        return ("number", float(value))
    return ("text", value)


def _as_text(value: Any) -> Hashable:
    if value is None:
        return ("fixed", None)
    return ("text", str(value).lower() if isinstance(value, bool) else str(value))


def _float(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _expression(text: str) -> str:
    """White space in PromQL and LogQL means nothing outside quotes and comments."""
    return text.strip() if any(mark in text for mark in "\"'`#") else " ".join(text.split())


def _is_matcher(at: tuple[Any, ...]) -> bool:
    return len(at) > 1 and str(at[-2]).endswith("matchers")


def _prometheus_duration(value: object) -> float | None:
    try:
        return float(parse_duration(value))
    except ValueError:
        return go_duration(value) if isinstance(value, str) else None


def _text_only(read: Callable[[object], float | None]) -> Callable[[object], float | None]:
    """A bare number is a number there, not an amount."""
    return lambda value: read(value) if isinstance(value, str) and not _NUMBER.match(value) else None


_Units = tuple[tuple[re.Pattern[str], Callable[[object], float | None]], ...]
_SERVERS: _Units = ((DURATION, _text_only(_prometheus_duration)), (SIZE, _text_only(docker_size)))
_UNITS: dict[Kind, _Units] = {
    Kind.COMPOSE: ((SIZE, docker_size), (DURATION, _text_only(go_duration))),
    Kind.PROMETHEUS: _SERVERS,
    Kind.RULES: _SERVERS,
    Kind.RULE_TESTS: _SERVERS,
    Kind.ALERTMANAGER: _SERVERS,
    Kind.LOKI: _SERVERS,
    Kind.BLACKBOX: _SERVERS,
    Kind.COLLECTOR: ((DURATION, _text_only(go_duration)),),
}
_TIMES = (
    r"(?:[\w.-]*[.-])?(?:retention(?:\.time)?|timeout|interval|duration|delay|deadline|delta|period|window|tolerance)"
)
_FLAGS: _Units = (
    (re.compile(rf"--(?:storage\.tsdb|storage\.remote|query|rules|alertmanager|scrape)\.{_TIMES}"),
     _text_only(_prometheus_duration)),
    (re.compile(r"--storage\.tsdb\.[\w.-]*(?:size|bytes)"), prometheus_size),
    (re.compile(r"--(?:maxmemory|client-output-buffer-limit|repl-backlog-size)"), redis_size),
    (re.compile(rf"--?{_TIMES}|--?\w+_(?:interval|timeout|duration|delay|period|window)"),
     _text_only(go_duration)),
)  # fmt: skip
"""The same for flags, by name: those of Prometheus first, which also knows days, weeks and years; then any other."""
