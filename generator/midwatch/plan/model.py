"""Everything that follows from the spec, computed once: the plan.

Plain frozen data. ``midwatch.plan.build`` makes it; templates, ``midwatch plan`` and the proofs only read it.
Sizes are bytes, times are seconds, cpus are cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from midwatch.spec.model import Spec
from midwatch.spec.model.apps import App


@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume: who owns it, where it is mounted, how much disk it may fill."""

    name: str
    owner: str
    path: str
    size: int
    why: str
    backup: str
    """How it is saved, or why it need not be (``none: …``)."""
    saved: bool
    """Whether it has to be saved at all."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret file, mounted under ``/run/secrets/<name>``. The value is never in the plan."""

    name: str
    file: str
    purpose: str
    made: str
    """``random`` (midwatch makes it), ``asked`` (only a person knows it) or ``derived`` (from other secrets)."""
    derive: str = ""
    """For derived secrets: a template over the others (see ``midwatch.secrets``)."""
    services: tuple[str, ...] = ()
    lines: bool = False
    """Whether it may have several lines and spaces."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The health check of a service."""

    test: tuple[str, ...]
    interval: str
    timeout: str
    retries: int
    start_period: str


@dataclass(frozen=True, slots=True)
class Published:
    """A port on 127.0.0.1 of the host."""

    name: str
    host: int
    container: int


@dataclass(frozen=True, slots=True)
class Scrape:
    """A Prometheus job of the stack itself."""

    job: str
    target: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What `ops upgrade` does for a service beside recreating it."""

    within: int
    """Seconds, until when it is healthy and its signals flow, or it is rolled back."""
    signals: tuple[str, ...]
    """PromQL that gives something once its signals flow again; BEGAN stands for the Unix time of its start."""
    canary: bool
    touches: tuple[str, ...]
    """Components whose alerts are silenced meanwhile, its own first."""
    one_way: str
    """What going back may cost; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Reload:
    """How a service comes to what its files say now; otherwise it has to be made anew."""

    hup: bool
    """SIGHUP makes it read all of them."""
    fresh: tuple[str, ...]
    """Those that it reads at each use, or not at all."""


@dataclass(frozen=True, slots=True)
class Service:
    """One container of the stack."""

    name: str
    summary: str
    impact: str
    """What is lost while it is away."""
    image: str
    user: str
    memory: int
    memory_reservation: int
    memory_why: str
    cpus: float
    cpus_reservation: float
    cpus_why: str
    pids: int
    grace: int
    restart: str
    one_shot: bool
    read_only: bool
    networks: tuple[str, ...]
    aliases: tuple[str, ...]
    volumes: tuple[Volume, ...]
    tmpfs: tuple[str, ...]
    files: Mapping[str, str]
    """Generated file -> path inside the container, mounted read-only."""
    secrets: tuple[str, ...]
    ports: tuple[Published, ...]
    cap_add: tuple[str, ...]
    exceptions: Mapping[str, str]
    """Hardening rule -> why this service cannot follow it."""
    probe: Probe | None
    stop_signal: str
    depends_on: Mapping[str, str]
    scrape: Scrape | None
    health: str
    """URL that is probed from outside, or empty."""
    upgrade: Upgrade
    reload: Reload
    stops_in: float
    """Seconds that it took to stop in the lab, at most; 0 where that was not measured."""
    facts: Mapping[str, int]
    """What follows from the limits, by name (``gomemlimit``, ``retention_size`` …), in bytes or as the unit says."""
    saves: str = ""
    """For a backup sidecar: the service whose data it saves, or the volume of an application."""
    component: str = ""
    """Folder of the blueprint that it is made from; mostly of its own name."""
    item: str = ""
    """Name of the item of the spec that it is there for, where its component has one service for each."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One resource of the host: the whole, what is kept free, what is given out."""

    total: float
    kept_free: float
    given: float
    why: str


@dataclass(frozen=True, slots=True)
class Cron:
    """When a cron expression is due: the values of each field, and whether either day field is enough."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool


@dataclass(frozen=True, slots=True)
class Backups:
    """When and where the stores are saved."""

    destination: str
    """Of all repositories; each store's is below it. Empty: in the sidecar's own volume."""
    kind: str
    """``volume``, ``path``, ``s3`` or ``sftp``."""
    every: int
    """Seconds from one backup to the next; 0 where ``cron`` says when."""
    cron: Cron | None
    gap: int
    """Seconds between two backups, at the worst."""
    jitter: int
    """Seconds by which a backup may start later, so that stacks that share a destination do not all come at once."""
    shown: str
    """For people: ``every 24h``."""
    test_every: int
    """Seconds from one restore test to the next."""


@dataclass(frozen=True, slots=True)
class AppVolume:
    """A volume of an application that is saved with the stores. It is not the stack's: it has to be there already."""

    key: str
    """Its key in compose.yaml, apart from the stack's own volumes."""
    name: str
    app: str
    """The application that it belongs to, where the spec says."""
    sidecar: str
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppJob:
    """An application of the spec with all its names and addresses filled in."""

    name: str
    job: str
    address: str
    metrics_path: str
    health_url: str
    network: str
    workspace: str
    redis: bool
    app: App


@dataclass(frozen=True, slots=True)
class AlertSeries:
    """Input series and what is expected of them; becomes a ``promtool test rules`` case."""

    name: str
    series: Mapping[str, str]
    at: str
    fires: tuple[Mapping[str, str], ...]
    """Labels of each alert expected at that time; empty means silent."""
    interval: str = "15s"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alerting rule with its tests and its runbook."""

    name: str
    component: str
    group: str
    expr: str
    for_: str
    severity: str
    summary: str
    description: str
    impact: str
    action: str
    runbook_url: str
    annotations: Mapping[str, str]
    """What the rule says, in its order: the texts above, or those of the alert that it is about."""
    labels: Mapping[str, str]
    tests: tuple[AlertSeries, ...]
    runbook: str
    """Markdown body of the runbook, rendered."""
    source: str
    """Blueprint file, relative to ``blueprints/stack``."""
    threshold: float | None = None
    unit: str = ""
    """Of the threshold: ``ratio``, ``seconds``, ``series`` …; empty where there is none."""
    about: str = ""
    """The label that names the alert that this one is about, where it tells the texts of another."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """An alert that the spec switched off; the readiness card names it."""

    name: str
    severity: str
    impact: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan."""

    name: str
    environment: str
    spec: Spec
    memory: Budget
    cpus: Budget
    disk: Budget
    services: tuple[Service, ...]
    volumes: tuple[Volume, ...]
    secrets: tuple[Secret, ...]
    networks: Mapping[str, Mapping[str, object]]
    app_networks: tuple[str, ...]
    apps: tuple[AppJob, ...]
    workspace_label: str
    workspace_default: str
    backups: Backups
    app_volumes: tuple[AppVolume, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """The service of that name; KeyError if the plan has none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)
