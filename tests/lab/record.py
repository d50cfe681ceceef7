"""`python -m tests.lab.record` (`make record`): writes what each running component exports into its metrics.txt.

A line that has a source is kept as it is until the program shows that metric; one that it no longer shows goes. So the
difference in git is what an upgrade changed.
"""

from __future__ import annotations

import re
import sys
import time
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from midwatch.check.record import Metric, Record, parse_record, write_record
from midwatch.plan.model import Service
from tests.conftest import ROOT
from tests.lab.cache import guarded, say
from tests.lab.engine import engine
from tests.lab.record_events import CHANGES, provoke
from tests.lab.stack import Stack, running

BLUEPRINTS = ROOT / "blueprints" / "stack"
OF_PROMETHEUS = re.compile(r"up|scrape_.*|ALERTS|ALERTS_FOR_STATE")
"""What Prometheus itself adds to a job."""
Seen = Mapping[str, Record]
RECENT = 120
"""A series that was there within so many seconds counts."""
_SERIES_OF = re.compile(r"_(?:bucket|sum|count|total)$")
FIRST = "Recorded from the running stack by `make record`: "


def file_of(component: str) -> Path:
    return BLUEPRINTS / component / "metrics.txt"


def seen(stack: Stack) -> Seen:
    """Component -> what Prometheus has of it now, the answers of the probes with the program that gives them."""
    targets = stack.get("/api/v1/targets?state=active")["data"]["activeTargets"]
    own = {(one["labels"]["job"], one["labels"]["instance"]): one["labels"] for one in targets}
    found: dict[str, dict[str, Metric]] = {}
    for job in sorted({job for job, _ in own}):
        address = next(one["scrapeUrl"] for one in targets if one["labels"]["job"] == job)
        service = _at(stack.plan.services, urllib.parse.urlsplit(address).hostname or "")
        if service and not (service.name == "loki" and stack.stand_in):
            found.setdefault(service.name, {}).update({one.name: one for one in _job(stack, job, own)})
    return dict(found)


def _at(services: Iterable[Service], host: str) -> Service | None:
    return next((one for one in services if host in (one.name, *one.aliases)), None)


def _job(stack: Stack, job: str, targets: Mapping[tuple[str, str], Mapping[str, str]]) -> Iterator[Metric]:
    """Each metric of a job with its type and its own labels: those that differ from the target's."""
    match = urllib.parse.urlencode({"match[]": f'{{job="{job}"}}', "start": time.time() - RECENT})
    labels: dict[str, set[str]] = {}
    for series in stack.get(f"/api/v1/series?{match}")["data"]:
        name = series.pop("__name__")
        if not OF_PROMETHEUS.fullmatch(name):
            target = targets[series["job"], series["instance"]]
            labels.setdefault(name, set()).update(key for key, value in series.items() if target.get(key) != value)
    of = urllib.parse.urlencode({"match_target": f'{{job="{job}"}}'})
    types = {one["metric"]: one["type"] for one in stack.get(f"/api/v1/targets/metadata?{of}")["data"]}
    for name, own in labels.items():
        family = name if name in types else _SERIES_OF.sub("", name)
        yield Metric(name, types.get(family, "unknown"), frozenset(own))


def merged(old: Record, new: Record) -> list[Metric]:
    """What was seen, and of what was not seen the lines that say where they come from."""
    return [*new.values(), *(one for name, one in old.items() if one.source and name not in new)]


def header(old: str, image: str) -> list[str]:
    """The first line, and whatever people wrote below it."""
    comments = [line[1:].strip() for line in old.splitlines() if line.startswith("#")]
    return [FIRST + image, *(line for line in comments if not line.startswith(FIRST))]


def main(words: list[str]) -> int:
    """Write the records of these components, or of all."""
    with engine() as one, running(one, "sva-studio", CHANGES) as stack:
        if stack.problem:
            say(stack.problem)
            return 1
        provoke(stack)
        for component, new in seen(stack).items():
            if words and component not in words:
                continue
            path = file_of(component)
            old = path.read_text("utf-8") if path.exists() else ""
            metrics = merged(parse_record(old, str(path)), new)
            path.write_text(write_record(header(old, stack.plan.service(component).image), metrics), "utf-8")
            say(f"{path.relative_to(ROOT)}: {len(new)} seen, {len(metrics) - len(new)} by their source")
        for service in stack.plan.services:
            if service.name in stack.missing or (service.name == "loki" and stack.stand_in):
                say(f"{service.name}: cannot run here; its record stays as it is")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
