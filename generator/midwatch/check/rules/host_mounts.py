"""Nothing of the host is mounted writable."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service, is_socket
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    for mount in service.mounts:
        if mount.kind == "bind" and mount.project is None and not mount.read_only and not is_socket(mount.source):
            text = f"can write {mount.source} on the host (mounted at {mount.target})"
            yield flaw(stack, service, text, "volumes", mount.index)


RULE = Rule(
    id="host-mounts",
    title="Folders of the host outside the project are mounted read-only",
    why=("What a container may write on the host, an intruder in it may write too: a cron job is enough."),
    fix="add :ro to the mount, use a named volume, or say why: x-midwatch.exceptions.mount",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "mount"),
    good="volumes:\n  - /proc:/host/proc:ro",
    bad="volumes:\n  - /etc:/host/etc",
    exception="mount",
)
