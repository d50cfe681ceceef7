"""Only a proxy may hold the Docker socket."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service, is_socket
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    for mount in service.mounts:
        if mount.kind == "bind" and is_socket(mount.source) and not _is_proxy(stack, service):
            yield flaw(stack, service, f"holds the Docker socket ({mount.source})", "volumes", mount.index)


def _is_proxy(stack: Stack, service: Service) -> bool:
    """Called a proxy, publishes nothing, and only on internal networks."""
    named = "proxy" in service.name or "proxy" in service.repository
    internal = all(stack.parts["networks"].get(name, {}).get("internal") is True for name in service.networks)
    return named and internal and bool(service.networks) and not service.raw.get("ports")


RULE = Rule(
    id="docker-socket",
    title="Only a socket proxy on internal networks mounts the Docker socket",
    why=(
        "Whoever can talk to the socket is root on the host; mounting it read-only does not change that, "
        "since the file is only the door."
    ),
    fix="put a filtering proxy in between, alone on an internal network, and give the others its address",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "docker_socket", "mount"),
    good="volumes:\n  - /var/run/docker.sock:/var/run/docker.sock:ro  # in a service named docker-proxy",
    bad="volumes:\n  - /var/run/docker.sock:/var/run/docker.sock",
    exception="docker_socket",
)
