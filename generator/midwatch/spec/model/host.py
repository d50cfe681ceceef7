"""What the stack gets of the host, and how long it keeps what it stores."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from midwatch.spec.model.base import DAY, YEAR, Duration, Host, Model, Port, Size


class HostBudget(Model):
    """The budget that the whole stack must fit into."""

    name: Host | None = None
    """Where the stack runs, as one logs in to it; messages and runbooks say so."""
    cpus: Annotated[float, Field(ge=0.5, le=1024)] = 2
    """CPU cores that the stack may use."""
    memory: Size = Field(default=4 * 1024**3, ge=256 * 1024**2, le=64 * 1024**4)
    """Memory that the stack may use; a part is kept free for the kernel and the engine."""
    disk: Size = Field(default=40 * 1024**3, ge=1024**3, le=1024**5)
    """Disk that the stack's volumes may fill; a part is kept free."""


class Retention(Model):
    """How long data is kept."""

    metrics: Duration = Field(default=7 * DAY, le=20 * YEAR)
    """How long Prometheus keeps metrics (a size limit from the disk budget applies too)."""
    logs: Duration = Field(default=7 * DAY, le=20 * YEAR)
    """How long Loki keeps logs."""


class Ports(Model):
    """Ports on 127.0.0.1 of the host; nothing is published anywhere else."""

    prometheus: Port = 9090
    """Prometheus: queries and alerts."""
    alertmanager: Port = 9093
    """Alertmanager: silences."""
    loki: Port = 3100
    """Loki: log queries."""
    runbooks: Port = 8080
    """The runbooks as pages."""
    otlp_grpc: Port = 4317
    """OTLP in, by gRPC."""
    otlp_http: Port = 4318
    """OTLP in, by HTTP."""
