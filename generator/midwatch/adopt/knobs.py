"""Hand edits that a key of the spec says better than a fragment: one small function for each kind of edit.

Each takes a change and says which keys of the spec would give it, or None. Whether they really do is tried afterwards
(``midwatch.adopt.adoption``), so a knob may guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from midwatch.check.kinds import Kind
from midwatch.check.units import redis_size
from midwatch.diff.model import ABSENT, Change
from midwatch.diff.threshold import number
from midwatch.plan.build import catalogue
from midwatch.plan.model import Plan
from midwatch.render.alerts import AlertCatalogue
from midwatch.spec.quantity import format_duration, format_size, parse_duration

SpecKey = tuple[str, ...]
Settings = Mapping[SpecKey, Any]
"""Keys of the spec and their new values."""


@dataclass(frozen=True, slots=True)
class Context:
    """What was generated, and every hand edit: some keys of the spec stand for several values at once."""

    plan: Plan
    alerts: AlertCatalogue
    changes: tuple[Change, ...]


Knob = Callable[[Change, Context], Settings | None]


def settings(change: Change, context: Context) -> Settings | None:
    """The keys of the spec that say this change; None where there are none."""
    for knob in KNOBS:
        if (found := knob(change, context)) is not None:
            return found
    return None


def _image(change: Change, context: Context) -> Settings | None:
    match change.kind, change.steps:
        case Kind.COMPOSE, ("services", service, "image") if service in catalogue().components:
            name, _, digest = str(change.after).partition("@")
            head, slash, tail = name.rpartition("/")
            last, _, tag = tail.partition(":")
            repository = f"{head}{slash}{last}"
            given = {"tag": tag, "digest": digest}
            if repository != _repository(context.plan.service(service).image):
                given["repository"] = repository
            return {("images", "overrides", service, key): value for key, value in given.items() if value}
    return None


def _repository(image: str) -> str:
    head, slash, tail = image.partition("@")[0].rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"


def _port(change: Change, _: Context) -> Settings | None:
    match change.kind, change.steps:
        case Kind.COMPOSE, ("services", service, "ports", target, "published") if service in catalogue().components:
            ports = catalogue().components[service].ports
            name = next((port.name for port in ports if target == f"{port.container}/tcp"), "")
            if name and str(change.after).isdigit():
                return {("ports", name): int(change.after)}
    return None


def _metrics_retention(change: Change, _: Context) -> Settings | None:
    match change.kind, change.steps:
        case Kind.COMPOSE, ("services", "prometheus", "command", "--storage.tsdb.retention.time") if change.new:
            return _duration(("retention", "metrics"), str(change.after).partition("=")[2])
    return None


def _log_retention(change: Change, _: Context) -> Settings | None:
    if (change.kind, change.steps) == (Kind.LOKI, ("limits_config", "retention_period")) and change.new:
        return _duration(("retention", "logs"), str(change.after))
    return None


def _duration(key: SpecKey, text: str) -> Settings | None:
    try:
        return {key: format_duration(parse_duration(text))}
    except ValueError:
        return None


def _channel(change: Change, _: Context) -> Settings | None:
    match change.kind, change.steps:
        case Kind.ALERTMANAGER, ("receivers", receiver, "slack_configs", _, "channel") if change.new:
            key = {"slack-escalated": ("alerting", "escalation", "channel")}.get(
                receiver, ("alerting", "slack", "channels", receiver.removeprefix("slack-"))
            )
            return {key: change.after}
    return None


def _alert(change: Change, context: Context) -> Settings | None:
    """An override stands for every rule of that name: it says the change only where each of them has it."""
    if change.kind is not Kind.RULES or len(change.steps) < 4 or change.steps[2] != "rules":
        return None
    name, rest = change.steps[3].partition(" ")[0], change.steps[4:]
    rules = [alert for alert in context.alerts.alerts if alert.name == name]
    alike = {other.steps for other in context.changes
             if other.file == change.file and other.steps[3:4] and other.steps[3].partition(" ")[0] == name
             and other.steps[4:] == rest and other.after == change.after}  # fmt: skip
    if not rules or len(alike) != len(rules):
        return None
    key = ("alerting", "overrides", name)
    if not rest:
        return {(*key, "off"): True} if change.after is ABSENT else None
    if rest == ("for",) and change.new:
        return _duration((*key, "for"), str(change.after))
    if rest == ("labels", "severity"):
        return {(*key, "severity"): change.after}
    threshold = rules[0].threshold
    if rest == ("expr",) and threshold is not None:
        new = _threshold(str(change.before), str(change.after), threshold)
        return None if new is None else {(*key, "threshold"): new}
    return None


def _threshold(before: str, after: str, threshold: float) -> float | int | None:
    """The new threshold where the expression differs in that number alone."""
    found = number(before, after)
    if found is None or abs(float(found[0]) - threshold) > 1e-9 * max(1.0, abs(threshold)):
        return None
    return int(found[1]) if found[1].isdigit() else float(found[1])


def _redis(change: Change, _: Context) -> Settings | None:
    """redis.conf is compared by line: one line of it, with what it says."""
    if not change.file.endswith("/redis.conf") or change.path or not isinstance(change.after, str):
        return None
    words = change.after.split()
    match words:
        case ["maxmemory", size] if (amount := redis_size(size)) is not None:
            return {("redis", "memory"): format_size(amount)}
        case ["maxmemory-policy", policy] if policy != "noeviction":
            return {("redis", "use"): "cache"}
    return None


KNOBS: tuple[Knob, ...] = (_image, _port, _metrics_retention, _log_retention, _channel, _alert, _redis)


def names(found: Settings) -> Iterator[str]:
    """The keys as they are shown: ``retention.logs``."""
    yield from (".".join(key) for key in found)
