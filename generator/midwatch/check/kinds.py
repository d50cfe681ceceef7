"""Tells what a file is by what is in it, not by its name or its component."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any


class Kind(StrEnum):
    """Configuration that a judge or a rule knows how to read."""

    COMPOSE = "compose"
    PROMETHEUS = "prometheus"
    RULES = "prometheus-rules"
    RULE_TESTS = "prometheus-tests"
    ALERTMANAGER = "alertmanager"
    ROUTE_TESTS = "alertmanager-route-tests"
    COLLECTOR = "otel-collector"
    LOKI = "loki"
    REDIS = "redis"
    CADDY = "caddy"
    BLACKBOX = "blackbox"
    SHELL = "shell"
    MARKDOWN = "markdown"
    YAML = "yaml"
    OTHER = "other"


YAML_SUFFIXES = (".yaml", ".yml", ".rules")
_REDIS = re.compile(r"^(?:maxmemory(?:-policy)?|appendonly|aclfile|requirepass|protected-mode|dbfilename)\s", re.M)
_SHELL = re.compile(r"^#!\s*/(?:usr/)?bin/(?:env\s+)?(?:ba|da|k)?sh\b")


def of_data(data: Any) -> Kind:
    """Kind of a parsed YAML document."""
    if isinstance(data, list):
        cases = bool(data) and all(isinstance(item, dict) and {"labels", "receiver"} <= item.keys() for item in data)
        return Kind.ROUTE_TESTS if cases else Kind.YAML
    if not isinstance(data, dict):
        return Kind.YAML
    keys = {str(key) for key in data}
    service = data.get("service")
    if "exporters" in keys and isinstance(service, dict) and "pipelines" in service:
        return Kind.COLLECTOR
    if "route" in keys and "receivers" in keys:
        return Kind.ALERTMANAGER
    if "tests" in keys and "rule_files" in keys:
        return Kind.RULE_TESTS
    if "scrape_configs" in keys and "clients" not in keys:
        return Kind.PROMETHEUS
    groups = data.get("groups")
    if isinstance(groups, list) and any(isinstance(group, dict) and "rules" in group for group in groups):
        return Kind.RULES
    if "schema_config" in keys or {"limits_config", "compactor"} <= keys:
        return Kind.LOKI
    if any("prober" in item for item in _mappings(data.get("modules"))):
        return Kind.BLACKBOX
    return Kind.COMPOSE if _mappings(data.get("services")) else Kind.YAML


def _mappings(value: Any) -> list[dict[Any, Any]]:
    return [item for item in value.values() if isinstance(item, dict)] if isinstance(value, dict) else []


def of_text(path: str, text: str) -> Kind:
    """Kind of a file that is not YAML."""
    name = PurePosixPath(path)
    if name.suffix == ".md":
        return Kind.MARKDOWN
    if _SHELL.match(text) or name.suffix == ".sh":
        return Kind.SHELL
    if name.name.startswith("Caddyfile") or name.suffix == ".caddyfile":
        return Kind.CADDY
    if name.suffix in {".conf", ""} and len(_REDIS.findall(text)) >= 2:
        return Kind.REDIS
    return Kind.OTHER
