"""What Alertmanager does with an alert, from its configuration: where it is sent to, and what silences it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from midwatch.check.document import Document, Key, items, mapping

Labels = Mapping[str, str]
_MATCHER = re.compile(r'\s*("?)([^\s"=!~{},]+)\1\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,}]*)')
_TIMES = ("active_time_intervals", "mute_time_intervals")


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alert ends: the route's place in the file, who is told, and what may keep it from being told."""

    key: Key
    receiver: str
    times: str
    """The key that lets it through at some hours only; empty where it is let through always."""


def routes(document: Document, labels: Labels) -> list[Route]:
    """Every route that an alert with these labels takes; a label that is not among them counts as empty."""
    return list(_walk(mapping(document.get("route")), ("route",), "", labels))


def _walk(raw: Mapping[str, Any], key: Key, inherited: str, labels: Labels) -> Iterator[Route]:
    receiver = str(raw.get("receiver") or inherited)
    taken = False
    for index, child in enumerate(map(mapping, items(raw.get("routes")))):
        if not _matches(child, "", labels):
            continue
        taken = True
        yield from _walk(child, (*key, "routes", index), receiver, labels)
        if child.get("continue") is not True:
            break
    if not taken:
        yield Route(key, receiver, next((name for name in _TIMES if raw.get(name)), ""))


def tells(document: Document, receiver: str) -> bool:
    """Whether a receiver sends to anybody."""
    for raw in map(mapping, items(document.get("receivers"))):
        if raw.get("name") == receiver:
            return any(str(name).endswith("_configs") and value for name, value in raw.items())
    return False


def inhibits(rule: Mapping[str, Any], source: Labels, target: Labels) -> bool:
    """Whether an inhibit rule lets the one alert silence the other, while it fires."""
    if not (_matches(rule, "source_", source) and _matches(rule, "target_", target)):
        return False
    # Of two that match both sides neither silences the other.
    if _matches(rule, "target_", source) and _matches(rule, "source_", target):
        return False
    return all(source.get(str(name), "") == target.get(str(name), "") for name in items(rule.get("equal")))


def _matches(raw: Mapping[str, Any], prefix: str, labels: Labels) -> bool:
    return all(_holds(operator, labels.get(name, ""), value) for name, operator, value in _matchers(raw, prefix))


def _matchers(raw: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Name, operator and value of each, also in the older forms."""
    for key, operator in (("match", "="), ("match_re", "=~")):
        for name, value in mapping(raw.get(prefix + key)).items():
            yield str(name), operator, str(value)
    given = raw.get(f"{prefix}matchers")
    for text in [given] if isinstance(given, str) else items(given):
        for found in _MATCHER.finditer(str(text).strip().lstrip("{")):
            value = found[4].strip()
            quoted = len(value) > 1 and value.startswith('"')
            yield found[2], found[3], re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value


def _holds(operator: str, value: str, wanted: str) -> bool:
    if "~" not in operator:
        return (value == wanted) is (operator == "=")
    try:
        return (re.fullmatch(wanted, value) is not None) is (operator == "=~")
    except re.error:  # Alertmanager may know it; nobody can say here.
        return False
