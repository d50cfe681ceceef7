"""A health check can run in its image."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.catalogue import has_no_shell
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack

NEEDS_USERLAND = frozenset({"busybox", "sh", "bash", "wget", "curl", "nc", "cat", "test", "pgrep", "ls", "true"})


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    test = service.get("healthcheck", "test")
    if not isinstance(test, list) or len(test) < 2 or not has_no_shell(service.repository, service.tag):
        return
    first = str(test[1])
    if test[0] == "CMD-SHELL":
        program = "a shell"
    elif first.rpartition("/")[2] in NEEDS_USERLAND and not _mounted(service, first):
        program = first
    else:
        return
    message = f"has a health check that needs {program}, which {service.repository} does not have"
    yield flaw(stack, service, message, "healthcheck", "test")


def _mounted(service: Service, program: str) -> bool:
    """Whether the program comes from a mount, not from the image."""
    return any(program.startswith(mount.target.rstrip("/") + "/") for mount in service.mounts if mount.target)


RULE = Rule(
    id="health-check-program",
    title="A health check can run in its image",
    why=(
        "Images without a shell (the collector, Loki, some exporters) have no wget either. The check then fails for "
        "ever, the container is never healthy, and whatever waits for it never starts."
    ),
    fix="use the program's own check, or a static busybox mounted read-only from a volume",
    blocker=Blocker.HEALTH_CHECKS,
    check=each_service(_check, "healthcheck"),
    exception="healthcheck",
    good="healthcheck:\n  test: [CMD, /probe/busybox, wget, -qO-, http://127.0.0.1:13133/]",
    bad="healthcheck:\n  test: [CMD-SHELL, wget -qO- http://127.0.0.1:13133/]  # in the collector's image",
)
