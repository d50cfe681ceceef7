"""One container of a running stack stops: how long until a message names it, and until the all-clear."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.lab.heard import Heard, calm, heard, wait_for
from tests.lab.stack import Stack
from tests.stack.programs import until

PAGED_WITHIN, RESOLVED_WITHIN, CALM_WITHIN, HEALTHY_WITHIN = 60.0, 120.0, 120.0, 150.0
"""Seconds. The first is the promise; the others are generous, and what is measured is reported."""
WATCHED_BY_THE_DEADMAN = ("prometheus", "alertmanager")
"""Without these no alert leaves the stack. The dead-man's all-clear is about alerts, and so names none of them."""


@dataclass(frozen=True)
class Stop:
    """Seconds from `docker compose stop` to the message, from `docker compose start` to the all-clear."""

    service: str
    paged: float
    resolved: float
    headline: str
    others: list[str]
    """Headlines of the other messages that came: a service that is down should silence its symptoms."""


def until_healthy(stack: Stack, name: str) -> None:
    until(
        lambda: stack.containers()[name]["State"]["Health"]["Status"] == "healthy", f"{name} is healthy", HEALTHY_WITHIN
    )


def until_calm(stack: Stack) -> None:
    until(lambda: calm(stack), "no alert but the Watchdog", CALM_WITHIN)


def page_of(stack: Stack, name: str, since: float) -> Heard:
    """The first message that names a service which was stopped at that time; fails when it takes over a minute."""
    return wait_for(stack, since, PAGED_WITHIN, lambda one: not one.over and one.names(name), f"a message about {name}")


def all_clear(stack: Stack, name: str, since: float) -> Heard:
    """The first resolved message about a service that was started at that time."""
    any_name = name in WATCHED_BY_THE_DEADMAN
    return wait_for(
        stack, since, RESOLVED_WITHIN, lambda one: one.over and (any_name or one.names(name)), f"an all-clear of {name}"
    )


def stop(stack: Stack, name: str) -> Stop:
    """Stop a service, wait for its page, start it, wait for its all-clear and until the stack is calm again."""
    stopped = time.time()
    stack.compose("stop", name)
    page = page_of(stack, name, stopped)
    started = time.time()
    stack.compose("start", name)
    over = all_clear(stack, name, started)
    until_healthy(stack, name)
    until_calm(stack)
    others = [one.headline for one in heard(stack, stopped) if one not in (page, over)]
    return Stop(name, page.at - stopped, over.at - started, page.headline, others)
