"""Counts kills for memory and exits.

Docker keeps few events to be asked for later, and the health checks of a full host push them out within seconds: so one
connection stays open for them. What was lost all the same, while that was down, is told by the inspection.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from docker_api import Docker
from samples import Sample, labels_of

AGAIN = 1.0  # seconds before a connection is made anew


@dataclass
class Seen:
    """What a container's inspection said last, and what had been counted by then."""

    restarts: int
    killed: bool
    exits: int
    kills: int
    late: bool = False
    """Whether an inspection has already said more than the events: theirs may have been on the way."""


class Events:
    """What was counted since a time (``since``: Unix time, nanoseconds)."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.seen: dict[tuple[str, str, str], Seen] = {}
        self.counting = threading.Lock()
        self.counts: dict[str, Counter[tuple[str, str, str]]] = {"oom": Counter(), "die": Counter()}

    def watch(self, docker: Docker) -> None:
        """Count for ever. That Docker is away, the scrapes say."""
        while True:
            with suppress(OSError, ValueError, KeyError, HTTPException):
                for event in docker.events(self.since):
                    self.count(event)
            time.sleep(AGAIN)

    def count(self, event: dict[str, Any]) -> None:
        """One kill or exit."""
        attributes = event["Actor"]["Attributes"]
        labels = labels_of(attributes.get("name", ""), attributes)
        with self.counting:
            self.counts[event["Action"]][(labels["name"], labels["service"], labels["project"])] += 1
            self.since = event["timeNano"] + 1

    def settle(self, inspected: dict[str, Any]) -> None:
        """Count what a container's inspection knows of and no event told, once it has had a scrape's time to come."""
        labels = labels_of(inspected["Name"], inspected["Config"].get("Labels") or {})
        key = (labels["name"], labels["service"], labels["project"])
        restarts, killed = int(inspected.get("RestartCount", 0)), bool(inspected["State"].get("OOMKilled"))
        exits, kills = self.counts["die"], self.counts["oom"]
        with self.counting:
            before = self.seen.get(key)
            # A start by hand sets the count of restarts back.
            if before is not None and restarts >= before.restarts:
                lost = max(0, restarts - before.restarts - (exits[key] - before.exits))
                # The mark of a kill stays over later restarts: it counts when it is new, or when an exit was lost too.
                untold = killed and (lost > 0 or not before.killed) and kills[key] == before.kills
                if (lost or untold) and not before.late:
                    before.late = True
                    return
                exits[key] += lost
                kills[key] += max(1, lost) if untold else 0
            self.seen[key] = Seen(restarts, killed, exits[key], kills[key])

    def samples(self, known: list[Sample]) -> list[Sample]:
        """A counter per container, 0 included: a rise from nothing would be invisible to ``increase()``."""
        containers = {
            (labels["name"], labels["service"], labels["project"])
            for name, labels, _ in known
            if name == "container_running"
        }
        names = {"oom": "container_oom_events_total", "die": "container_exits_total"}
        with self.counting:
            return [
                (names[kind], dict(zip(("name", "service", "project"), key, strict=True)), float(counter[key]))
                for kind, counter in self.counts.items()
                for key in sorted(containers | set(counter))
            ]
