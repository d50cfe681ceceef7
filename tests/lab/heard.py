"""What the lab's Slack heard of a stack, as a person would read it there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from midwatch.sink.message import read
from midwatch.sink.notation import as_text
from tests.lab.cache import LabError
from tests.lab.stack import Stack

OVER = ("✅", ":white_check_mark:")
"""How the first line of an all-clear begins: Alertmanager's, and the dead-man's."""


@dataclass(frozen=True)
class Heard:
    """One message. ``at`` is Unix time; ``headline`` is what a phone shows of it; ``text`` is the whole of it."""

    at: float
    headline: str
    text: str

    @property
    def over(self) -> bool:
        """Whether it is an all-clear."""
        return self.headline.startswith(OVER)

    def names(self, service: str) -> bool:
        """Whether the headline names a service: `redis` is not in `redis-exporter`, but in `Redis is down`."""
        return re.search(rf"(?<![\w-]){re.escape(service)}(?![\w-])", self.headline, re.IGNORECASE) is not None


def of(message: dict[str, Any]) -> Heard:
    """A message as the lab's Slack keeps it: ``{"at": Unix time, "path": .., "body": the JSON that was posted}``."""
    got = read(json.dumps(message["body"]).encode(), "application/json", message["at"])
    first = got.attachments[0].title if got.attachments else ""
    return Heard(message["at"], first or got.text.split("\n")[0], as_text(got))


def heard(stack: Stack, since: float = 0.0) -> list[Heard]:
    """All messages from a Unix time on, in their order."""
    return [of(message) for message in stack.messages() if message["at"] >= since]


def wait_for(stack: Stack, since: float, seconds: float, wanted: Callable[[Heard], bool], what: str) -> Heard:
    """The first message after a time that is wanted; the test fails, with all that came instead, when none comes."""
    end = time.monotonic() + seconds
    while True:
        came = heard(stack, since)
        for message in came:
            if wanted(message):
                return message
        if time.monotonic() > end:
            instead = "\n".join(message.text for message in came) or "(none)"
            pytest.fail(f"waited {seconds:g} s in vain for {what}; messages instead:\n{instead}")
        time.sleep(0.3)


HEARS = "deadman_watchdog_age_seconds < 20 and timestamp(deadman_watchdog_age_seconds) > time() - 10"
"""The dead-man has heard the Watchdog lately, and Prometheus has asked it since."""


def calm(stack: Stack) -> bool:
    """Whether Prometheus answers, the dead-man hears of it, and no alert of the stack fires or is about to, but the
    Watchdog. What the host suffers, such as a kill for memory, may be others' doing: the lab is not alone on it."""
    try:
        alerts = stack.get("/api/v1/alerts")["data"]["alerts"]
        hears = stack.query(HEARS)
    except (AssertionError, LabError):
        return False
    names = {one["labels"]["alertname"] for one in alerts}
    return {name for name in names if not name.startswith("Host")} == {"Watchdog"} and bool(hears)
