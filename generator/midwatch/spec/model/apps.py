"""The applications that the stack watches."""

from __future__ import annotations

from pydantic import Field

from midwatch.spec.model.base import Health, Host, Label, LabelValue, MetricsPath, Model, Name, NetworkName, Port


class Workspace(Model):
    """The workspace (tenant) label that metrics, logs and traces carry."""

    label: Label = "workspace_id"
    """Name of the label."""
    default: LabelValue | None = None
    """Value for signals that bring none; the name of the stack if absent."""


class App(Model):
    """An application that the stack watches."""

    name: Name = Field(examples=["studio"])
    """Unique name; the Prometheus job is `app-<name>`."""
    host: Host | None = None
    """Host name on the network; the app's name if absent."""
    port: Port = Field(examples=[3000])
    """Port of the app on its network."""
    metrics: MetricsPath | None = "/metrics"
    """Path of the metrics endpoint; null when the app has none."""
    health: Health | None = None
    """Path (or full URL) that answers 2xx when the app is alive; probed from outside."""
    network: NetworkName | None = None
    """Existing Compose network (of the app's own project) to join, e.g. `studio_default`."""
    redis: bool = False
    """Let the app reach Redis over its network."""
    workspace: LabelValue | None = None
    """Workspace of the app's signals that bring none themselves."""
