"""Where Alertmanager's routes lead: which of them stand for a severity of the stack, and what the others were for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from midwatch.adopt.foreign.proposal import Left
from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Position

SEVERITIES: Mapping[str, str] = {
    **dict.fromkeys(("critical", "crit", "page", "pager", "emergency", "disaster", "p1", "sev1"), "critical"),
    **dict.fromkeys(("warning", "warn", "ticket", "p2", "sev2"), "warning"),
    **dict.fromkeys(("info", "information", "informational", "notice"), "info"),
}
"""What people write into the label ``severity`` -> the severity of the stack that it means."""
_MATCHER = re.compile(r"""^\s*severity\s*(?P<how>=~?)\s*["']?(?P<value>[^"']*?)["']?\s*$""")
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Route:
    """One route below the root, at any depth. ``severities`` are the stack's own, empty where it asks for more or for
    something else than the severity; ``literal``: it names them by the stack's own words."""

    matchers: tuple[str, ...]
    receiver: str
    severities: tuple[str, ...]
    literal: bool
    at: Position

    def __str__(self) -> str:
        return f"route {', '.join(self.matchers) or 'without a matcher'}"


def routes(document: Document) -> tuple[Route, ...]:
    """All routes, in the order of the file."""
    return tuple(_below(document, ("route",), ()))


def _below(document: Document, key: tuple[str | int, ...], above: Sequence[str]) -> Iterator[Route]:
    for index, raw in enumerate(items(document.get(*key, "routes"))):
        route, here = mapping(raw), (*key, "routes", index)
        matchers = (*above, *_matchers(route))
        words = _words(matchers)
        severities = tuple(dict.fromkeys(SEVERITIES[word] for word in words if word in SEVERITIES))
        known = all(word in SEVERITIES for word in words)
        literal = all(SEVERITIES.get(word) == word for word in words)
        at = document.at(*here)
        yield Route(matchers, str(route.get("receiver") or ""), severities if known else (), literal, at)
        yield from _below(document, here, matchers)


def _matchers(route: Mapping[Any, Any]) -> Iterator[str]:
    for part, how in (("match", "="), ("match_re", "=~")):
        yield from (f'{key}{how}"{value}"' for key, value in mapping(route.get(part)).items())
    yield from (str(matcher) for matcher in items(route.get("matchers")))


def _words(matchers: Sequence[str]) -> tuple[str, ...]:
    """The severities that a route asks for; none where it has a second condition."""
    found = _MATCHER.match(matchers[0]) if len(matchers) == 1 else None
    if found is None:
        return ()
    return tuple(found["value"].split("|")) if found["how"] == "=~" else (found["value"],)


def others(found: Sequence[Route]) -> Iterator[Left]:
    """The routes that the stack's own take the place of, or that nothing takes the place of."""
    rest = [route for route in found if not route.severities]
    for route in rest[:_SHOWN]:
        to = f" to receiver {route.receiver}" if route.receiver else ""
        yield Left(f"{route}{to}", "the stack routes by severity (critical, warning, info), and escalates", route.at)
    if len(rest) > _SHOWN:
        yield Left(f"{len(rest) - _SHOWN} more routes", "they ask for something else than a severity", rest[_SHOWN].at)
