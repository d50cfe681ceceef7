"""Tells by its image what a service of any stack is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from midwatch.check.service import Service
from midwatch.check.stack import Stack

PROGRAMS: Mapping[str, str] = {
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "loki": "loki",
    "opentelemetry-collector": "otel-collector",
    "opentelemetry-collector-contrib": "otel-collector",
    "redis": "redis",
    "valkey": "redis",
    "redis-stack-server": "redis",
    "redis_exporter": "redis-exporter",
    "redis-exporter": "redis-exporter",
    "node-exporter": "node-exporter",
    "node_exporter": "node-exporter",
    "blackbox-exporter": "blackbox-exporter",
    "blackbox_exporter": "blackbox-exporter",
}
"""Last part of an image's repository -> component of the catalogue that is the same program."""
SUCCESSORS: Mapping[str, tuple[str, str]] = {
    "cadvisor": ("container-exporter", "limits, restarts and kills come from container-exporter, which needs no root"),
    "promtail": ("otel-collector", "Promtail is at its end of life; the collector reads the containers' logs"),
    "alloy": ("otel-collector", "the collector reads the containers' logs and takes OTLP"),
    "agent": ("otel-collector", "the collector reads the containers' logs and takes OTLP"),
    "fluent-bit": ("otel-collector", "the collector reads the containers' logs"),
    "fluentd": ("otel-collector", "the collector reads the containers' logs"),
    "filebeat": ("otel-collector", "the collector reads the containers' logs"),
    "vector": ("otel-collector", "the collector reads the containers' logs"),
    "docker-socket-proxy": ("docker-proxy", "docker-proxy lets through reading only"),
}
"""Last part of a repository -> the component that does its work, and why it is that one."""
PROXIES = frozenset({"caddy", "nginx", "traefik", "haproxy", "envoy"})
"""Programs that stand in front of others: the gateway takes their place where all that they publish is the stack's."""
MONITORING_PORTS: Mapping[int, str] = {9090: "prometheus", 9093: "alertmanager", 3100: "loki", 4317: "otlp_grpc",
                                       4318: "otlp_http"}  # fmt: skip
"""Usual port in the container -> key of the spec's ``ports``."""


@dataclass(frozen=True, slots=True)
class Role:
    """``component`` is the catalogue's, empty for ``app``: a service that is the user's own."""

    kind: Literal["same", "successor", "app"]
    component: str = ""
    why: str = ""


def role(service: Service) -> Role:
    """What this service is for."""
    program = service.repository.rpartition("/")[2].lower()
    if component := PROGRAMS.get(program):
        return Role("same", component)
    if program in SUCCESSORS:
        component, why = SUCCESSORS[program]
        return Role("successor", component, why)
    targets = [number(port) for port in service.raw.get("ports") or [] if isinstance(port, dict)]
    if program in PROXIES and any(target in MONITORING_PORTS for target in targets):
        return Role(
            "successor", "gateway", "the gateway publishes on 127.0.0.1 and blocks what only an operator may do"
        )
    return Role("app")


def roles(stack: Stack) -> Mapping[str, Role]:
    """The role of every service, by name."""
    return {name: role(service) for name, service in stack.services.items()}


def number(port: Mapping[str, object]) -> int:
    """The port in the container of a published port in long form; 0 when it is no number (a range, say)."""
    target = str(port.get("target") or "")
    return int(target) if target.isdigit() else 0
