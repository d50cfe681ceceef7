"""What a key is called by people: one table, from key path to words.

``*`` stands for any step, and ``{0}`` in a name is the first of them. The longest path that fits counts, and what is
below it is added as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from midwatch.check.kinds import Kind

Steps = tuple[str, ...]

_LIMITS, _RESERVED = "deploy.resources.limits", "deploy.resources.reservations"

SERVICE: Mapping[str, str] = {
    "build": "build",
    "cap_add.*": "capability {0}",
    "cap_drop.*": "dropped capability {0}",
    "command": "command",
    "command.*": "flag {0}",
    "configs.*": "config {0}",
    "container_name": "container name",
    "cpus": "cpu limit",
    "depends_on.*": "dependency on {0}",
    "devices.*": "device {0}",
    f"{_LIMITS}": "limits",
    f"{_LIMITS}.cpus": "cpu limit",
    f"{_LIMITS}.memory": "memory limit",
    f"{_LIMITS}.pids": "pids limit",
    f"{_RESERVED}": "reservations",
    f"{_RESERVED}.cpus": "reserved cpus",
    f"{_RESERVED}.memory": "reserved memory",
    "deploy": "deploy",
    "entrypoint": "entrypoint",
    "environment": "variables",
    "environment.*": "variable {0}",
    "expose.*": "exposed port {0}",
    "extra_hosts.*": "host entry {0}",
    "healthcheck": "health check",
    "healthcheck.interval": "health check interval",
    "healthcheck.retries": "health check retries",
    "healthcheck.start_period": "health check start period",
    "healthcheck.test": "health check command",
    "healthcheck.timeout": "health check timeout",
    "image": "image",
    "labels.*": "label {0}",
    "logging": "log rotation",
    "logging.driver": "log driver",
    "logging.options.*": "log option {0}",
    "mem_limit": "memory limit",
    "mem_reservation": "reserved memory",
    "networks": "networks",
    "networks.*": "network {0}",
    "pids_limit": "pids limit",
    "ports": "published ports",
    "ports.*": "published port {0}",
    "privileged": "privileged mode",
    "profiles": "profiles",
    "read_only": "read-only root",
    "restart": "restart policy",
    "secrets": "secrets",
    "secrets.*": "secret {0}",
    "security_opt.*": "security option {0}",
    "stop_grace_period": "grace period",
    "stop_signal": "stop signal",
    "tmpfs.*": "tmpfs {0}",
    "user": "user",
    "volumes": "mounts",
    "volumes.*": "mount {0}",
    "x-midwatch.exceptions.*": "exception {0}",
}
"""Keys of a service."""
PART: Mapping[str, str] = {
    "driver_opts": "driver options",
    "internal": "isolation from the outside",
    "x-midwatch.backup": "backup plan",
    "x-midwatch.size": "planned size",
}
"""Keys of a network, volume, secret or config."""
SIZES = frozenset({"mem_limit", "mem_reservation", "shm_size", "memswap_limit"})
"""Keys whose value is a size to Docker, beside ``memory``."""

FLAGS: Mapping[str, str] = {
    "--data.retention": "retention of silences",
    "--storage.tsdb.retention": "retention by time",
    "--storage.tsdb.retention.size": "retention by size",
    "--storage.tsdb.retention.time": "retention by time",
    "--web.external-url": "address in links",
    "--web.listen-address": "listen address",
}
"""Flags that have a name of their own; any other is called as it is."""

PROMETHEUS: Mapping[str, str] = {
    "alerting": "alertmanagers",
    "global.evaluation_interval": "evaluation interval",
    "global.external_labels.*": "external label {0}",
    "global.scrape_interval": "scrape interval",
    "global.scrape_timeout": "scrape timeout",
    "remote_read": "remote read",
    "remote_write": "remote write",
    "rule_files": "rule files",
    "rule_files.*": "rule file {0}",
    "scrape_configs.*": "scrape job {0}",
    "scrape_configs.*.scrape_interval": "scrape job {0}: interval",
    "scrape_configs.*.static_configs": "scrape job {0}: targets",
    "storage.tsdb.out_of_order_time_window": "window for late samples",
    "storage.tsdb.retention.size": "retention by size",
    "storage.tsdb.retention.time": "retention by time",
}
RULES: Mapping[str, str] = {
    "annotations.*": "{0}",
    "expr": "expression",
    "for": "waiting time",
    "keep_firing_for": "time to keep firing",
    "labels.severity": "severity",
    "labels.*": "label {0}",
}
"""Keys of an alert or a recording rule."""
ALERTMANAGER: Mapping[str, str] = {
    "global": "global settings",
    "global.slack_api_url": "Slack webhook address",
    "global.slack_api_url_file": "file of the Slack webhook",
    "inhibit_rules": "inhibition rules",
    "inhibit_rules.*": "inhibition rule {0}",
    "receivers.*": "receiver {0}",
    "receivers.*.slack_configs": "receiver {0}: Slack",
    "receivers.*.slack_configs.*.channel": "receiver {0}: channel",
    "route": "root route",
    "route.group_by": "grouping",
    "route.group_interval": "interval of a group",
    "route.group_wait": "wait of a group",
    "route.receiver": "general receiver",
    "route.repeat_interval": "repeat interval",
    "route.routes": "routes",
    "route.routes.*": "route {0}",
    "time_intervals.*": "time interval {0}",
}
LOKI: Mapping[str, str] = {
    "auth_enabled": "tenants",
    "compactor.retention_enabled": "deletion of old logs",
    "ingester.wal": "write-ahead log",
    "limits_config.ingestion_rate_mb": "ingestion rate",
    "limits_config.retention_period": "retention",
    "schema_config.configs.*": "schema from {0}",
}
COLLECTOR: Mapping[str, str] = {
    "connectors.*": "connector {0}",
    "exporters.*": "exporter {0}",
    "extensions.*": "extension {0}",
    "processors.*": "processor {0}",
    "receivers.*": "receiver {0}",
    "service.extensions": "extensions",
    "service.pipelines.*": "pipeline {0}",
    "service.pipelines.*.exporters": "pipeline {0}: exporters",
    "service.pipelines.*.processors": "pipeline {0}: processors",
    "service.pipelines.*.receivers": "pipeline {0}: receivers",
    "service.telemetry": "own telemetry",
}
_TOP = {"networks": "network", "volumes": "volume", "secrets": "secret", "configs": "config"}
_PROGRAMS = {
    Kind.PROMETHEUS: ("prometheus", PROMETHEUS), Kind.ALERTMANAGER: ("alertmanager", ALERTMANAGER),
    Kind.LOKI: ("loki", LOKI), Kind.COLLECTOR: ("otel-collector", COLLECTOR),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """``subject`` is the service, alert or file; ``what`` the thing of it that differs, empty for the whole of it."""

    subject: str
    what: str
    size: bool = False
    """Whether the value is a size as Docker writes sizes."""


def name(file: str, kind: Kind, steps: Steps) -> Name:
    """The words for a key path in a file of this kind. ``compose.yaml`` is any file with ``services``."""
    if kind is Kind.RULES and len(steps) >= 4 and steps[0] == "groups" and steps[2] == "rules":
        return Name(_alert(steps[3]), _look_up(RULES, steps[4:]))
    if kind is Kind.RULE_TESTS and len(steps) >= 2 and steps[0] == "tests":
        return Name(f"test '{steps[1]}'", " ".join(steps[2:]))
    if kind in _PROGRAMS:
        subject, table = _PROGRAMS[kind]
        return Name(subject, _look_up(table, steps) or file)
    if kind is Kind.COMPOSE and steps and steps[0] in ("services", *_TOP):
        return _compose(steps)
    return Name(file, ".".join(steps))


def _alert(identity: str) -> str:
    """``ContainerStopped loki`` is the one of loki."""
    alert, _, of = identity.partition(" ")
    return f"alert {alert} ({of})" if of else f"alert {alert}"


def _compose(steps: Steps) -> Name:
    if len(steps) == 1:
        return Name(steps[0], "")
    if steps[0] != "services":
        return Name(f"{_TOP[steps[0]]} {steps[1]}", _look_up(PART, steps[2:]))
    if len(steps) == 2:
        return Name(f"service {steps[1]}", "")
    if len(steps) == 4 and steps[2] in ("command", "entrypoint") and steps[3] in FLAGS:
        return Name(steps[1], FLAGS[steps[3]])
    size = steps[-1] in SIZES or (steps[-1] == "memory" and "resources" in steps)
    return Name(steps[1], _look_up(SERVICE, steps[2:]), size)


def _look_up(table: Mapping[str, str], steps: Steps) -> str:
    for length in range(len(steps), 0, -1):
        for pattern in _patterns(steps[:length]):
            if pattern in table:
                stars = [step for step, part in zip(steps, _split(pattern), strict=False) if part == "*"]
                head = table[pattern].format(*stars)
                return " ".join([head, ".".join(steps[length:])]).rstrip()
    return ".".join(steps)


def _split(pattern: str) -> list[str]:
    return pattern.split(".")


def _patterns(steps: Steps) -> Iterator[str]:
    """The path itself, then with single steps as ``*``, the last ones first."""
    yield ".".join(steps)
    for index in range(len(steps) - 1, -1, -1):
        yield ".".join((*steps[:index], "*", *steps[index + 1 :]))
    if len(steps) == 5:  # Two levels of items: receivers.*.slack_configs.*.channel
        yield ".".join((steps[0], "*", steps[2], "*", steps[4]))
