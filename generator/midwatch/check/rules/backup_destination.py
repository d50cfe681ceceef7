"""Backups lie on another disk than what they save."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule, flaw
from midwatch.check.service import Mount, Service
from midwatch.check.stack import Stack

VARIABLE = "BACKUP_REPOSITORY"
LOGS = "/var/lib/docker/containers"
"""Where the collector has the engine's log files, which are on the disk of the volumes, wherever that is."""


def _check(stack: Stack) -> Iterator[Flaw]:
    engine = _engine(stack)
    for service in stack.services.values():
        repository = str(service.environment.get(VARIABLE) or "")
        if not repository.startswith("/"):
            continue
        place = _place(service, repository)
        if place is None:
            text = f"saves to {repository}, which is no mount: the backup goes with the container"
        elif place.kind == "volume":
            text = f"saves into the volume {place.source} of the same host: one broken disk takes store and backup"
        elif _same_disk(place.source, engine):
            text = f"saves to {place.source}, which is on the same disk as the volumes"
        else:
            continue
        yield flaw(stack, service, text, "environment", VARIABLE)


def _place(service: Service, path: str) -> Mount | None:
    """The mount that a path of the container lies on."""
    inside = [one for one in service.mounts if f"{path}/".startswith(f"{one.target.rstrip('/')}/")]
    return max(inside, key=lambda one: len(one.target), default=None)


def _engine(stack: Stack) -> Path:
    """Where the engine keeps its data: `DOCKER_ROOT` in `.env`, if that moved it."""
    mounts = (mount for service in stack.services.values() for mount in service.mounts)
    return Path(next((mount.source for mount in mounts if mount.target == LOGS), LOGS)).parent


def _same_disk(source: str, engine: Path) -> bool:
    """Whether a folder of this machine is on the disk that the engine has its volumes on; False where it is not there,
    since then this is not the host that the stack runs on."""
    try:
        return os.stat(source).st_dev == os.stat(engine).st_dev  # noqa: PTH116
    except OSError:
        return False


RULE = Rule(
    id="backup-destination",
    title="Backups lie on another disk, better on another host",
    why=(
        "A backup beside what it saves survives a mistake, and nothing else: the disk that dies, the host that is lost "
        "and the intruder take both. A path is compared with the engine's disk when `check` runs on that host."
    ),
    fix="set backup.destination in stack.yaml: s3:https://…/bucket, sftp:user@host:/path, or the path of another disk",
    blocker=Blocker.BACKUP,
    since=Profile.PRODUCTION,
    check=_check,
    good="environment:\n  BACKUP_REPOSITORY: s3:https://s3.example.com/backups/redis",
    bad="environment:\n  BACKUP_REPOSITORY: /data/repository  # a volume of the same host",
)
