"""What a compose file says about the whole: name, host budget, published ports, images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.adopt.foreign.apps import project
from midwatch.adopt.foreign.proposal import Found, Left, Taken
from midwatch.adopt.foreign.roles import MONITORING_PORTS, Role, number, roles
from midwatch.check.document import items
from midwatch.check.stack import Stack
from midwatch.listing import few
from midwatch.spec.checks import plain
from midwatch.spec.quantity import format_size, readable_size

_GIB = 1024**3
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (it is what we look for)
_DEFAULT_PORTS = {"prometheus": 9090, "alertmanager": 9093, "loki": 3100, "runbooks": 8080, "otlp_grpc": 4317,
                  "otlp_http": 4318}  # fmt: skip


def name(stack: Stack) -> Iterator[Found]:
    """A name of its own: the apps stay in the old Compose project, and two projects cannot share one."""
    old = plain(project(stack), "-").lstrip("0123456789-")[:28].strip("-")
    new = f"{old}-monitoring" if old and old != "monitoring" else "monitoring-stack"
    at = stack.at("name") if stack.compose.get("name") else stack.at()
    yield Taken(("name",), new, f"of the Compose project {project(stack)}, which goes on without the monitoring", at)


def host(stack: Stack) -> Iterator[Found]:
    """The budget: what the services had so far, where each of them has a limit; else it is left to the person."""
    mine = [service for name, service in stack.services.items() if roles(stack)[name].kind != "app"]
    memory = [service.memory_limit for service in mine]
    if mine and all(memory):
        total = sum(limit or 0 for limit in memory)
        size = max(2, math.ceil(total / _GIB)) * _GIB
        why = f"the {len(mine)} services that are replaced had {readable_size(total)}"
        yield Taken(("host", "memory"), format_size(size), why, stack.at("services"))
    else:
        without = [service.name for service in mine if not service.memory_limit]
        yield Left(
            f"memory budget: {f'no limit on {few(without)}' if without else 'no service is replaced'}",
            "host.memory is midwatch's default; say what this host can give",
            stack.at("services"),
        )


def ports(stack: Stack) -> Iterator[Found]:
    """Ports of the host that lead to the stack, and new ones where an app already has the default."""
    taken = dict(_published(stack, apps=True))
    kept: dict[str, int] = {}
    for port, (service, index) in _published(stack, apps=False):
        target = number(items(stack.services[service].raw.get("ports"))[index])
        key = MONITORING_PORTS.get(target)
        if key and key not in kept:
            kept[key] = port
            if port != _DEFAULT_PORTS[key]:
                yield Taken(("ports", key), port, f"published by {service}", _port_at(stack, service, index))
        elif not key:
            what = f"port {port} of {service}"
            yield Left(what, "the stack publishes nothing there", _port_at(stack, service, index))
    used = set(kept.values()) | set(taken)
    for key, default in _DEFAULT_PORTS.items():
        if key not in kept and default in used:
            port = next(number for number in range(default + 1, 65535) if number not in used)
            service, index = taken.get(default, ("", 0))
            why = f"{default} is taken by {service}" if service else f"{default} is taken"
            yield Taken(("ports", key), port, why, _port_at(stack, service, index) if service else stack.at("services"))
            used.add(port)
        else:
            used.add(kept.get(key, default))
    published = [place for _, place in _published(stack, apps=False)]
    if any(host_ip(stack, *place) in _EVERYWHERE for place in published):
        yield Left(
            "ports that the whole network can reach",
            "the stack publishes on 127.0.0.1 only; reach it by ssh -L, or put your proxy in front",
            stack.at("services"),
        )


def _published(stack: Stack, *, apps: bool) -> Iterator[tuple[int, tuple[str, int]]]:
    """Port of the host, and where it is published: service and index."""
    for service, role in roles(stack).items():
        for index, port in enumerate(items(stack.services[service].raw.get("ports"))):
            published = str(port.get("published") or "") if isinstance(port, dict) else ""
            if published.isdigit() and (role.kind == "app") is apps:
                yield int(published), (service, index)


def host_ip(stack: Stack, service: str, index: int) -> str:
    """The address that a port is published on; empty for all of the host's."""
    return str(items(stack.services[service].raw.get("ports"))[index].get("host_ip") or "")


def _port_at(stack: Stack, service: str, index: int) -> Any:
    return stack.service_at(stack.services[service], "ports", index)


def images(stack: Stack) -> Iterator[Found]:
    """A mirror that all images come from, and newer tags; older ones are not taken, the configuration is not for
    them."""
    from midwatch.plan.build import catalogue

    same = {name: role for name, role in roles(stack).items() if role.kind == "same"}
    mirror = _mirror(stack, same)
    if mirror:
        yield Taken(("images", "registry"), mirror, "every image comes from there", stack.at("services"))
    for service, role in same.items():
        own, ours = stack.services[service], catalogue().image(role.component)
        at = stack.service_at(own, "image")
        if own.repository.rpartition("/")[2] != ours.repository.rpartition("/")[2]:
            if role.component != "redis":
                yield Left(f"image {own.image} of {service}", f"midwatch writes for {ours.repository}:{ours.tag}", at)
            continue
        have, want = _version(own.tag), _version(ours.tag)
        if have and want and have[0] == want[0] and have > want:
            yield Taken(("images", "overrides", role.component, "tag"), own.tag, f"newer than {ours.tag}", at)
        elif have != want:
            yield Left(f"version {own.tag or 'latest'} of {service}", f"midwatch writes for {ours.tag}", at)


def _mirror(stack: Stack, same: Mapping[str, Role]) -> str:
    """The common prefix of all images of the catalogue's programs, where it is neither empty nor a public registry."""
    from midwatch.plan.build import catalogue

    prefixes = set()
    for service, role in same.items():
        path = catalogue().image(role.component).repository.partition("/")[2]
        repository = stack.services[service].repository
        prefixes.add(repository.removesuffix(path).rstrip("/") if repository.endswith(f"/{path}") else "")
    prefix = prefixes.pop() if len(prefixes) == 1 else ""
    return "" if prefix in ("", "docker.io", "registry-1.docker.io", "quay.io", "ghcr.io") else prefix


def _version(tag: str) -> tuple[int, ...]:
    """``v3.9.1-alpine`` -> (3, 9, 1); empty for what is no version of three parts."""
    parts = tag.lstrip("v").partition("-")[0].split(".")
    return tuple(int(part) for part in parts) if len(parts) == 3 and all(part.isdigit() for part in parts) else ()
