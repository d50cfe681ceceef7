"""No program listens on more networks than it was generated to."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.normalise import service as long_form
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack

FLAG = "listen-address"
EVERYWHERE = frozenset({"", "0.0.0.0", "[::]", "::", "*"})  # noqa: S104 (what others wrote)


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    """Compares with the pristine copy of what was generated last; without one nobody knows what was meant."""
    raw = stack.base.get("services", service.name) if stack.base else None
    if not isinstance(raw, dict):
        return
    before = Service(service.name, long_form(raw), service.folder)
    flags = {word.lstrip("-").partition("=")[0] for word in before.words if word.startswith("-")}
    for flag in sorted(flags):
        meant, now = before.flag(flag), service.flag(flag)
        if flag.endswith(FLAG) and now is not None and _everywhere(now) and not _everywhere(meant or ""):
            text = f"listens on every network ({now}), and was generated to listen on {meant} alone"
            yield flaw(stack, service, text, "command")


def _everywhere(address: str) -> bool:
    return address.rpartition(":")[0] in EVERYWHERE


RULE = Rule(
    id="listen-address",
    title="No program listens on more networks than it was generated to",
    why=(
        "Prometheus takes queries and orders to delete from whoever reaches its port, and is on the networks "
        "of the apps too, to ask them for metrics. So it listens on the network of the stack alone."
    ),
    fix="listen on the address that was generated: 'midwatch resolve compose.yaml:services.NAME.command --theirs'",
    blocker=Blocker.HARDENING,
    check=each_service(_check, "listen_address"),
    good="command: [--web.listen-address=prometheus-api:9090]",
    bad="command: [--web.listen-address=0.0.0.0:9090]",
    exception="listen_address",
)
