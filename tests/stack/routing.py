"""What routes, receivers and inhibitions are tried with: one spec, and its generated configuration."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML

from midwatch.render.tree import render
from tests.conftest import make_spec

SPEC: dict[str, Any] = {
    "name": "shop",
    "redis": {"use": "sessions"},
    "apps": [{"name": "till", "port": 3000, "health": "/health"}],
    "alerting": {
        "slack": {"channel": "#all", "channels": {"critical": "#night", "info": "#log"}, "mention": "<!here>"},
        "escalation": {"channel": "#boss", "after": "15m", "mention": "<!subteam^S1>"},
    },
}
TEXTS = {"summary": "Redis is down", "impact": "Sessions are at risk", "action": "docker compose up -d redis"}
Labels = dict[str, str]
Said = tuple[str, Labels]
"""Name and labels of an alert."""


def config_of(spec: dict[str, Any] = SPEC) -> dict[str, Any]:
    """The generated configuration."""
    text = render(make_spec(**spec))["alertmanager/alertmanager.yml"].data.decode()
    config: dict[str, Any] = YAML(typ="safe").load(text)
    return config
