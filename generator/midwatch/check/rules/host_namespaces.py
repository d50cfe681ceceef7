"""No service shares a namespace of the host."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    for key in ("network_mode", "pid", "ipc", "userns_mode", "uts"):
        if service.raw.get(key) == "host":
            yield flaw(stack, service, f"shares a namespace of the host ({key}: host)", key)


RULE = Rule(
    id="host-namespaces",
    title="No service shares the network, processes or memory of the host",
    why=(
        "In the host's network a service listens on every address and passes every firewall between "
        "containers; with the host's processes it can see their environment."
    ),
    fix="remove network_mode: host, pid: host and ipc: host, or say why: x-midwatch.exceptions.host_namespaces",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "host_namespaces", "pid", "network_mode"),
    good="networks:\n  - monitoring",
    bad="network_mode: host",
    exception="host_namespaces",
)
