"""The logs of every service are rotated."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    driver = str(service.get("logging", "driver") or "json-file")
    if driver not in {"json-file", "local"}:
        return
    for option in ("max-size", "max-file"):
        if not service.get("logging", "options", option):
            yield flaw(stack, service, f"has a log without {option}", "logging", "options", option)


RULE = Rule(
    id="log-rotation",
    title="The log of every service is bounded in size and number of files",
    why=("Docker's json-file log grows until the disk is full, and then everything on the host fails at once."),
    fix="set logging.options max-size and max-file",
    blocker=Blocker.RETENTION,
    check=each_service(_check),
    good='logging:\n  driver: json-file\n  options:\n    max-size: 10m\n    max-file: "3"',
    bad="logging:\n  driver: json-file",
)
