"""Ports are published on 127.0.0.1 only."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import items
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    for index, port in enumerate(items(service.raw.get("ports"))):
        if isinstance(port, dict) and str(port.get("host_ip") or "") not in {"127.0.0.1", "::1"}:
            what = port.get("published") or port.get("target")
            yield flaw(stack, service, f"publishes port {what} on all addresses", "ports", index)


RULE = Rule(
    id="loopback-ports",
    title="Ports are published on 127.0.0.1 only",
    why=(
        "Docker writes its own firewall rules in front of the host's: a port published on all addresses "
        "is open to the internet even where ufw says no."
    ),
    fix="write the port as 127.0.0.1:HOST:CONTAINER; reach it through SSH or a reverse proxy with a login",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "ports"),
    good='ports:\n  - "127.0.0.1:9090:9090"',
    bad='ports:\n  - "9090:9090"',
    exception="ports",
)
