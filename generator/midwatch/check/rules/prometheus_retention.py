"""Prometheus keeps no more than its volume holds."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.stack import Stack
from midwatch.check.units import docker_size, human, prometheus_size


def _check(stack: Stack) -> Iterator[Flaw]:
    for service in {use.service.name: use.service for use in stack.uses(Kind.PROMETHEUS)}.values():
        time, size = service.flag("storage.tsdb.retention.time"), service.flag("storage.tsdb.retention.size")
        if not time:
            yield flaw(stack, service, "has no retention by time", "command")
        if not size:
            yield flaw(stack, service, "has no retention by size", "command")
            continue
        path = (service.flag("storage.tsdb.path") or "/prometheus").rstrip("/")
        mount = next((mount for mount in service.mounts if mount.target.rstrip("/") == path), None)
        volume = stack.parts["volumes"].get(mount.source, {}) if mount else {}
        room, kept = docker_size(mapping(volume.get("x-midwatch")).get("size")), prometheus_size(size)
        if kept is None:
            yield flaw(stack, service, f"has a retention size that Prometheus cannot read: {size}", "command")
        elif room and kept >= room:
            yield flaw(stack, service, f"keeps {human(kept)}, its volume has {human(room)}", "command")


RULE = Rule(
    id="prometheus-retention",
    title="Prometheus has a retention by time and by size, and the size fits its volume",
    why=(
        "Time alone does not bound the disk: one more label and the same week is ten times as large. "
        "When the disk is full, Prometheus stops and nothing alerts."
    ),
    fix="set --storage.tsdb.retention.time and --storage.tsdb.retention.size below the volume's size",
    blocker=Blocker.RETENTION,
    check=_check,
    good="command:\n  - --storage.tsdb.retention.time=7d\n  - --storage.tsdb.retention.size=8GB  # volume: 10GiB",
    bad="command:\n  - --storage.tsdb.retention.time=7d",
)
