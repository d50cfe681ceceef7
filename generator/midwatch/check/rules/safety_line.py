"""Nothing that was generated to keep the stack safe has been taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from midwatch.check.finding import Blocker
from midwatch.check.normalise import service as long_form
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack

KEYS = (
    "cap_drop", "command", "depends_on", "deploy", "entrypoint", "environment", "healthcheck", "logging", "networks",
    "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "stop_signal", "tmpfs", "user", "volumes",
)  # fmt: skip
"""Keys of a service that other rules cannot judge wholly, since only its blueprint knows what belongs there."""

LINES: Mapping[str, Blocker] = {
    **dict.fromkeys(("stop_grace_period", "stop_signal"), Blocker.SHUTDOWN),
    **dict.fromkeys(("healthcheck", "depends_on"), Blocker.HEALTH_CHECKS),
    **dict.fromkeys(("deploy", "tmpfs"), Blocker.LIMITS),
    **dict.fromkeys(("cap_drop", "networks", "read_only", "secrets", "security_opt", "user"), Blocker.HARDENING),
    "logging": Blocker.RETENTION,
    "restart": Blocker.SILENT_FAILURE,
}
"""Key of a service -> the line of the review that it was there for; only the blueprint knows what others are for."""


def _check(stack: Stack) -> Iterator[Flaw]:
    """Compares with the pristine copy of what was generated last; without one there is nothing to say."""
    before = stack.base.get("services") if stack.base else None
    for name, raw in (before if isinstance(before, dict) else {}).items():
        service = stack.services.get(name)
        now = stack.compose.get("services", name)
        if service is None or not isinstance(raw, dict) or not isinstance(now, dict):
            continue
        old, new = long_form(raw), long_form(now)
        for key in KEYS:
            if key in old:
                yield from _missing(stack, service, (key,), old[key], new.get(key))


def _missing(stack: Stack, service: Service, key: tuple[str, ...], old: Any, new: Any) -> Iterator[Flaw]:
    if old is None or old == new:
        return
    if new is None or type(old) is not type(new):
        if new is None and old not in ({}, []):
            yield _gone(stack, service, key, ".".join(key))
    elif isinstance(old, Mapping):
        for name, value in old.items():
            if name not in new:
                yield _gone(stack, service, (*key, str(name)), f"{'.'.join(key)}.{name}")
            else:
                yield from _missing(stack, service, (*key, str(name)), value, new[name])
    elif isinstance(old, list):
        for item in old:
            if _identity(item) not in map(_identity, new):
                yield _gone(stack, service, key, f"{'.'.join(key)}: {_identity(item)}")


def _identity(item: Any) -> str:
    """What makes an item of a list the same one, though its value may have changed: a flag's name, a mount's target."""
    if isinstance(item, Mapping):
        return str(item.get("target") or item.get("source") or item)
    return str(item).partition("=")[0] if str(item).startswith("-") else str(item)


def _gone(stack: Stack, service: Service, key: tuple[str, ...], what: str) -> Flaw:
    why = service.exceptions.get(key[0])
    message = f"lacks a line that was generated: {what}" + (f" (exception: {why})" if why else "")
    result = flaw(stack, service, message, *key)
    return replace(result, severity="info" if why else None, blocker=LINES.get(key[0]))


RULE = Rule(
    id="safety-line",
    title="No generated safety line has been taken out",
    why=(
        "Some lines look idle until the night that they were made for: the signal that lets a store flush, the flag "
        "that stops an expensive query, the network that keeps a service apart. What was generated last time is kept "
        "in .midwatch/base, so that a line that is gone can be named."
    ),
    fix=(
        "'midwatch resolve compose.yaml:KEY --theirs' takes this one edit back ('midwatch generate' keeps it); or say "
        "why under x-midwatch.exceptions"
    ),
    blocker=Blocker.ROLLBACK,
    check=_check,
    good="stop_signal: SIGTERM",
    bad="# stop_signal was generated, and is gone",
)
