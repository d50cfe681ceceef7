"""Configuration is mounted read-only."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    for mount in service.mounts:
        if mount.project is not None and not mount.read_only:
            text = f"can write {mount.project} (mounted at {mount.target})"
            yield flaw(stack, service, text, "volumes", mount.index)


RULE = Rule(
    id="config-read-only",
    title="Files of the project are mounted read-only",
    why=(
        "A service that can write its own configuration can be made to, and the file on the host is then "
        "no longer the one that was reviewed."
    ),
    fix="add :ro to the mount",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "mount"),
    good="volumes:\n  - ./loki/loki.yaml:/etc/loki/loki.yaml:ro",
    bad="volumes:\n  - ./loki/loki.yaml:/etc/loki/loki.yaml",
    exception="mount",
)
