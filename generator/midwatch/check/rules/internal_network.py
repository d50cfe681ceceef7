"""Networks lead nowhere unless they must."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.catalogue import open_networks
from midwatch.check.document import mapping
from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule
from midwatch.check.service import Service
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    members: dict[str, list[Service]] = {}
    for service in stack.services.values():
        if not service.raw.get("network_mode"):
            for name in service.networks or ("default",):
                members.setdefault(name, []).append(service)
    for name, services in members.items():
        network = stack.parts["networks"].get(name, {})
        if network.get("internal") is True or network.get("external") or name in open_networks():
            continue
        exceptions = mapping(mapping(network.get("x-midwatch")).get("exceptions"))
        names = ", ".join(service.name for service in services)
        if why := exceptions.get("internal"):
            text = f"network {name} of {names} is not internal (exception: {why})"
            yield Flaw(text, stack.at("networks", name), key=f"networks.{name}", severity="info")
        elif not all(service.raw.get("ports") for service in services):
            declared = name in stack.parts["networks"]
            at = stack.at("networks", name) if declared else stack.service_at(services[0])
            owner = "" if declared else services[0].name
            yield Flaw(f"network {name} of {names} is not internal", at, owner, f"networks.{name}")


RULE = Rule(
    id="internal-network",
    title="A network is internal, unless its services must publish a port or reach the internet",
    why=(
        "On an internal network an intruder can fetch no tools and send nothing away, and nothing "
        "outside reaches a port by mistake."
    ),
    fix='set internal: true, or say why not: x-midwatch: {exceptions: {internal: "..."}} on the network',
    blocker=Blocker.HARDENING,
    check=_check,
    good="networks:\n  monitoring:\n    internal: true",
    bad="networks:\n  monitoring: {}",
)
