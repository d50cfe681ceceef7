"""What the stores and the collector are told: retention, Redis, where traces go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from midwatch.adopt.foreign.proposal import Found, Left, Taken
from midwatch.adopt.foreign.roles import roles
from midwatch.check.document import items, mapping
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.redisconf import parse
from midwatch.check.service import Service
from midwatch.check.stack import Stack
from midwatch.check.units import go_duration, redis_size
from midwatch.spec.quantity import format_duration, format_size, parse_duration

_PROMETHEUS_DEFAULT = "15d"


def metrics(stack: Stack) -> Iterator[Found]:
    """How long Prometheus keeps metrics: the flag, the file, or Prometheus' own default."""
    for service in _of(stack, "prometheus"):
        text = service.flag("storage.tsdb.retention.time") or service.flag("storage.tsdb.retention")
        at, why = stack.service_at(service, "command"), "--storage.tsdb.retention.time"
        if not text:
            file = next((use.file for use in stack.uses(Kind.PROMETHEUS) if use.service is service), None)
            key = ("storage", "tsdb", "retention", "time")
            text = file.document.get(*key) if file and file.document else None
            at, why = (file.document.at(*key), ".".join(key)) if text and file and file.document else (at, why)
        if not text:
            text, why = _PROMETHEUS_DEFAULT, "Prometheus' own default, since nothing is said"
        yield from _duration(("retention", "metrics"), str(text), why, at)
        return


def logs(stack: Stack) -> Iterator[Found]:
    """How long Loki keeps logs; where it deletes nothing, that is said instead."""
    for use in stack.uses(Kind.LOKI):
        document = use.file.document
        if document is None:
            continue
        period = document.get("limits_config", "retention_period")
        if period and document.get("compactor", "retention_enabled") is True:
            at = document.at("limits_config", "retention_period")
            yield from _duration(("retention", "logs"), str(period), "limits_config.retention_period", at)
        else:
            why = "the stack deletes after retention.logs: midwatch's default, say how long you need them"
            yield Left("logs that Loki never deleted", why, document.at("limits_config"))
        return


def redis(stack: Stack) -> Iterator[Found]:
    """What Redis may hold, and whether it is a cache; its password and its data stay where they are."""
    for service in _of(stack, "redis"):
        at = stack.service_at(service, "image")
        if "valkey" in service.repository:
            yield Taken(("redis", "engine"), "valkey", "its image", at)
        memory, memory_at = _directive(stack, service, "maxmemory")
        size = redis_size(memory)
        if size:
            yield Taken(("redis", "memory"), format_size(max(size, 16 * 1024**2)), "maxmemory", memory_at)
        policy, policy_at = _directive(stack, service, "maxmemory-policy")
        if policy and policy != "noeviction":
            yield Taken(("redis", "use"), "cache", f"maxmemory-policy {policy}", policy_at)
        found = (_directive(stack, service, name) for name in ("requirepass", "aclfile", "user"))
        locked = [at for text, at in found if text]
        if locked:
            why = "no secret is copied: put it into secrets/redis_password, or give your applications the new one"
            yield Left("Redis' password", why, locked[0])
        if any(mount.kind == "volume" for mount in service.mounts):
            why = "it stays in the old volume: the new Redis begins empty, and sessions end unless you copy them"
            yield Left("Redis' data", why, stack.service_at(service, "volumes"))
        return


def traces(stack: Stack) -> Iterator[Found]:
    """Where the collector sends traces by OTLP/HTTP."""
    for use in stack.uses(Kind.COLLECTOR):
        document = use.file.document
        pipelines = mapping(document.get("service", "pipelines")) if document else {}
        for name, pipeline in pipelines.items():
            for exporter in items(mapping(pipeline).get("exporters")) if str(name).startswith("traces") else []:
                endpoint = document.get("exporters", exporter, "endpoint") if document else None
                if document and endpoint and str(exporter).partition("/")[0] in ("otlphttp", "otlp_http"):
                    at = document.at("exporters", exporter, "endpoint")
                    yield Taken(("collector", "traces", "endpoint"), str(endpoint), f"exporter {exporter}", at)
                    return
                if document and str(exporter).partition("/")[0] not in ("debug", "logging", "nop"):
                    at = document.at("exporters", exporter)
                    yield Left(f"exporter {exporter} for traces", "the stack sends traces by OTLP/HTTP only", at)


def _of(stack: Stack, component: str) -> Iterator[Service]:
    """Services that run this component's program."""
    for name, role in roles(stack).items():
        if role.kind == "same" and role.component == component:
            yield stack.services[name]


def _directive(stack: Stack, service: Service, name: str) -> tuple[str, Position]:
    """A directive of Redis: from the command line, else from its file; empty when it is in neither."""
    if value := service.flag(name):
        return value, stack.service_at(service, "command")
    for use in stack.uses(Kind.REDIS):
        found = parse(use.file).get(name) if use.service is service else None
        if found and found.args:
            return found.args[0], found.at
    return "", Position()


def _duration(key: tuple[str, ...], text: str, why: str, at: Any) -> Iterator[Found]:
    """A duration as the spec writes it; Go's fractions (``1h30m0s``) are read too."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = int(go_duration(text) or 0)
    if seconds:
        yield Taken(key, format_duration(seconds), why, at)
    else:
        yield Left(f"{why} {text}", "it is no duration that can be read", at)
