"""A configuration file that a command names is mounted."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.rule import Flaw, Rule, each_service, flaw
from midwatch.check.service import Service
from midwatch.check.stack import Stack, file_mounts

SUFFIXES = (".yaml", ".yml", ".conf", ".toml", ".json", "Caddyfile")


def _check(stack: Stack, service: Service) -> Iterator[Flaw]:
    targets = [mount.target.rstrip("/") for mount in (*service.mounts, *file_mounts(stack, service)) if mount.target]
    targets += service.secrets.values()
    for word in service.words:
        path = word.rpartition("=")[2].removeprefix("file:")
        if not path.startswith("/") or not path.endswith(SUFFIXES):
            continue
        if not any(path == target or path.startswith(target + "/") for target in targets):
            yield flaw(stack, service, f"reads {path}, and nothing is mounted there", "command")


RULE = Rule(
    id="config-mounted",
    title="A configuration file that a command names is mounted",
    why=(
        "Many images bring a configuration of their own at the usual place. Without the mount the service starts, is "
        "healthy, and does nothing that the project's file says: no rule, no limit, no password."
    ),
    fix="mount the file there, read-only",
    blocker=Blocker.SILENT_FAILURE,
    check=each_service(_check, "config_mounted"),
    exception="config_mounted",
    good=(
        "command: [--config.file=/etc/prometheus/prometheus.yml]\nvolumes:\n"
        "  - ./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro"
    ),
    bad="command: [--config.file=/etc/prometheus/prometheus.yml]\nvolumes:\n  - prometheus-data:/prometheus",
)
