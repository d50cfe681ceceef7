"""The applications: services that are not part of a monitoring stack, and what is scraped beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from midwatch.adopt.foreign.proposal import Left
from midwatch.adopt.foreign.roles import number, roles
from midwatch.adopt.foreign.scrapes import Target, behind, targets
from midwatch.check.document import items, mapping
from midwatch.check.finding import Position
from midwatch.check.service import Service
from midwatch.check.stack import Stack
from midwatch.spec.checks import plain

_PROBED = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?P<port>\d+))?(?P<path>/[^\s\"'|;&)]*)?"
)

_HEALTH: Mapping[str, str] = {
    "grafana": "/api/health",
    "grafana-oss": "/api/health",
    "pushgateway": "/-/healthy",
    "tempo": "/ready",
    "mimir": "/ready",
    "minio": "/minio/health/live",
}
"""Programs that often stand beside a monitoring stack: last part of the repository -> the address that they answer."""


@dataclass(frozen=True, slots=True)
class App:
    """One application; ``values`` are its keys in the spec."""

    values: Mapping[str, Any]
    why: str
    at: Position


def apps(stack: Stack) -> Iterator[App | Left]:
    """Every application that can be named: scraped ones first, then the other services of the user's own."""
    named: set[str] = set()
    seen: set[str] = set()
    redis = _redis_names(stack)
    for target in targets(stack):
        if isinstance(target, Left):
            yield target
            continue
        service = behind(stack, target.host)
        joined = [] if service or "." in target.host else _outside(stack, target.scraper)
        values = {
            "name": _unique(service.name if service else _name(target), named),
            "host": _host(stack, service, target.host) if service else target.host,
            "port": target.port,
            "metrics": target.path,
            **(_surroundings(stack, service, target.port, redis) if service else {}),
            **({"network": joined[0]} if joined else {}),
        }
        seen |= {service.name} if service else set()
        yield App(_short(values), f"scrape job {target.job}", target.at)
        if len(joined) > 1:
            others = ", ".join(joined[1:])
            yield Left(f"network of {target.host}", f"it may also be {others}: say which in apps[].network", target.at)
    for name, role in roles(stack).items():
        if role.kind == "app" and name not in seen:
            yield _unscraped(stack, stack.services[name], named, redis)


def _unscraped(stack: Stack, service: Service, named: set[str], redis: frozenset[str]) -> App | Left:
    at = stack.service_at(service)
    ports = [number(port) for port in items(service.raw.get("ports")) if isinstance(port, dict)]
    ports += [int(port) for port in map(str, items(service.raw.get("expose"))) if port.isdigit()]
    probed = _probe(service)
    port = int(probed["port"]) if probed and probed["port"] else next(filter(None, ports), 0)
    if not port:
        return Left(f"service {service.name}", "nothing scrapes it, and it names no port: it stays as it is", at)
    surroundings = _surroundings(stack, service, port, redis)
    host = _host(stack, service, service.name)
    values = {"name": _unique(service.name, named), "host": host, "port": port, "metrics": None, **surroundings}
    if "health" not in values:
        why = (
            f"nothing scrapes it, and no address is known that answers 2xx: add it as an app with health (port {port})"
        )
        return Left(f"service {service.name}", why, at)
    return App(_short(values), f"service {service.name}, probed only", at)


def _surroundings(stack: Stack, service: Service, port: int, redis: frozenset[str]) -> dict[str, Any]:
    """Health, network and Redis of an app that is a service of the stack."""
    values: dict[str, Any] = {}
    probed = _probe(service)
    usual = _HEALTH.get(service.repository.rpartition("/")[2])
    if probed and int(probed["port"] or 80) == port:
        values["health"] = probed["path"] or "/"
    elif usual:
        values["health"] = usual
    if network := _network(stack, service):
        values["network"] = network
        if redis & {*mapping(service.raw.get("depends_on")), *_hosts(service)}:
            values["redis"] = True
    return values


def _probe(service: Service) -> re.Match[str] | None:
    test = service.get("healthcheck", "test")
    return _PROBED.search(" ".join(map(str, test)) if isinstance(test, list) else str(test or ""))


def _network(stack: Stack, service: Service) -> str:
    """The network's name as Docker knows it, by which another project can join it."""
    if service.raw.get("network_mode"):
        return ""
    key = next(iter(service.networks), "default")
    return _external(stack, key) or str(stack.parts["networks"].get(key, {}).get("name") or f"{project(stack)}_{key}")


def _outside(stack: Stack, scraper: Service) -> list[str]:
    """Networks of other projects by which a service reaches hosts that are not of this one."""
    return list(filter(None, (_external(stack, key) for key in scraper.networks)))


def _external(stack: Stack, key: str) -> str:
    """The name of a network that another project made; empty for one of this project."""
    part = stack.parts["networks"].get(key, {})
    external = part.get("external")
    if not external:
        return ""
    older = external.get("name") if isinstance(external, dict) else None
    return str(part.get("name") or older or key)


def project(stack: Stack) -> str:
    """The Compose project's name: what the file says, else the folder's, as Compose writes it."""
    given = str(stack.compose.get("name") or "")
    return given or re.sub(r"[^a-z0-9_-]", "", stack.folder.resolve().name.lower()).lstrip("_-")


def _redis_names(stack: Stack) -> frozenset[str]:
    return frozenset(
        alias
        for name, role in roles(stack).items()
        if role.kind == "same" and role.component == "redis"
        for alias in stack.services[name].aliases
    )


def _hosts(service: Service) -> set[str]:
    """Host names in the environment: ``REDIS_HOST: redis``, ``redis://redis:6379/0``."""
    values = [str(value) for value in service.environment.values()]
    return {part for value in values for part in re.split(r"[:/@,]+", value) if part}


def _host(stack: Stack, service: Service, name: str) -> str:
    """By what name the new stack reaches it: that of its container, where the new one has a service of this name."""
    from midwatch.render.project import known

    if name not in known().hosts:
        return name
    return str(service.raw.get("container_name") or f"{project(stack)}-{service.name}-1")


def _name(target: Target) -> str:
    generic = re.fullmatch(r"[\d.]+|host\.docker\.internal", target.host)
    return target.job if generic else target.host.partition(".")[0]


def _unique(wanted: str, named: set[str]) -> str:
    """A name as the spec allows it, that no other app has."""
    from midwatch.render.project import known

    base = plain(wanted, "-").lstrip("0123456789-")[:32].rstrip("-") or "app"
    base = base if len(base) > 1 else f"{base}-app"
    taken = named | (known().components or frozenset())
    names: Sequence[str] = (base, f"{base}-app", *(f"{base}-{count}" for count in range(2, 1000)))
    name = next(name for name in names if name not in taken)
    named.add(name)
    return name


def _short(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is the default anyway."""
    if values["host"] == values["name"]:
        del values["host"]
    return values
