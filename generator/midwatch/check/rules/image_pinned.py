"""Every image is pinned to a tag or a digest."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack

MOVING = frozenset({"latest", "main", "master", "edge", "nightly", "dev", "stable", "alpine"})


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    if not service.image:
        if not service.raw.get("build"):
            yield flaw(stack, service, "names no image", "image")
        return
    if "@sha256:" in service.image:
        return
    if not service.tag:
        yield flaw(stack, service, f"uses {service.image} without a tag, which means 'latest'", "image")
    elif service.tag in MOVING:
        yield flaw(stack, service, f"uses the moving tag '{service.tag}' of {service.repository}", "image")


RULE = Rule(
    id="image-pinned",
    title="Every image is pinned",
    why=(
        "A tag that moves makes every pull an upgrade that nobody chose: the stack that comes back after a reboot "
        "is not the one that was tested, and there is no way back to it."
    ),
    fix="give the image an exact version tag, or a digest",
    blocker=Blocker.PINNED_IMAGES,
    check=each_service(_check),
    good="image: docker.io/prom/prometheus:v3.16.0",
    bad="image: prom/prometheus:latest",
)
