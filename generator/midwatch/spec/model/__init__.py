"""What a person decides: the typed spec, one module per section.

Everything but ``name`` and ``alerting.slack.channel`` has a default. The models only say what is allowed;
reading a file, with every error at once and its place, is ``midwatch.spec.load``.
The text below each key ends up in the JSON Schema and in ``docs/reference/spec.md``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from midwatch.spec.model.alerting import Alerting, Runbooks
from midwatch.spec.model.apps import App, Workspace
from midwatch.spec.model.base import Model, Name
from midwatch.spec.model.collector import Collector
from midwatch.spec.model.host import HostBudget, Ports, Retention
from midwatch.spec.model.sources import Extra, Images
from midwatch.spec.model.stores import Backup, Redis


class Spec(Model):
    """The whole spec, `stack.yaml`."""

    name: Name = Field(examples=["sva"])
    """Name of the stack; also the Compose project's."""
    environment: Literal["development", "staging", "production"] = "production"
    """How strict `check` is: what passes staging may fail production."""
    host: HostBudget = HostBudget()
    """The budget that the whole stack must fit into."""
    retention: Retention = Retention()
    """How long data is kept."""
    workspace: Workspace = Workspace()
    """The workspace (tenant) label."""
    apps: tuple[App, ...] = Field(default=(), strict=False)
    """The applications that the stack watches."""
    alerting: Alerting
    """Who is told, and when."""
    redis: Redis = Redis()
    """The Redis (or Valkey) of the stack."""
    collector: Collector = Collector()
    """The OpenTelemetry Collector."""
    backup: Backup = Backup()
    """When and where the stores are saved."""
    runbooks: Runbooks = Runbooks()
    """Where the links in messages lead."""
    images: Images = Images()
    """Where images come from."""
    ports: Ports = Ports()
    """Ports on 127.0.0.1 of the host."""
    extra: Extra = Extra()
    """The user's own files."""
