"""What a person decides: the typed spec.

Everything but ``name`` and ``alerting.slack.channel`` has a default. The models only say what is allowed;
reading a file, with every error at once and its place, is ``midwatch.spec.load``.
Field descriptions end up in the JSON Schema and in ``docs/reference/spec.md``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from midwatch.spec import checks
from midwatch.spec.quantity import parse_cron, parse_duration, parse_size

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    Field(json_schema_extra={"type": ["string", "integer"], "examples": ["512m", "2GiB"]}),
]
"""Bytes. Read as Docker reads sizes: ``512m`` is 512 MiB."""

Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    Field(json_schema_extra={"type": "string", "examples": ["30s", "1h30m", "7d"]}),
]
"""Seconds. Read as Prometheus reads durations: ``7d``, ``1h30m``."""

Cron = Annotated[str, AfterValidator(parse_cron), Field(json_schema_extra={"examples": ["0 3 * * *"]})]
"""Five-field cron expression, kept as written."""

Name = Annotated[str, AfterValidator(checks.name)]
Label = Annotated[str, AfterValidator(checks.label)]
Channel = Annotated[str, AfterValidator(checks.channel)]
HttpUrl = Annotated[str, AfterValidator(checks.http_url)]
HttpPath = Annotated[str, AfterValidator(checks.http_path)]
NetworkName = Annotated[str, AfterValidator(checks.network)]
FileName = Annotated[str, AfterValidator(checks.file_name)]
RelativePath = Annotated[str, AfterValidator(checks.relative_path)]
Pattern = Annotated[str, AfterValidator(checks.re2_pattern)]
Host = Annotated[str, AfterValidator(checks.host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Severity = Literal["critical", "warning", "info"]


class Model(BaseModel):
    """Base of all parts of the spec: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class HostBudget(Model):
    """The budget that the whole stack must fit into."""

    cpus: Annotated[float, Field(ge=0.5, le=1024)] = 2
    """CPU cores that the stack may use."""
    memory: Size = Field(default=4 * 1024**3, ge=256 * 1024**2, le=64 * 1024**4)
    """Memory that the stack may use; a part is kept free for the kernel and the engine."""
    disk: Size = Field(default=40 * 1024**3, ge=1024**3, le=1024**5)
    """Disk that the stack's volumes may fill; a part is kept free."""


class Retention(Model):
    """How long data is kept."""

    metrics: Duration = 7 * 86400
    """How long Prometheus keeps metrics (a size limit from the disk budget applies too)."""
    logs: Duration = 7 * 86400
    """How long Loki keeps logs."""


class Workspace(Model):
    """The workspace (tenant) label that metrics, logs and traces carry."""

    label: Label = "workspace_id"
    """Name of the label."""
    default: Name | None = None
    """Value for signals that bring none; the name of the stack if absent."""


class App(Model):
    """An application that the stack watches."""

    name: Name
    """Unique name; the Prometheus job is `app-<name>`."""
    host: Host | None = None
    """Host name on the network; the app's name if absent."""
    port: Port
    """Port of the app on its network."""
    metrics: HttpPath | None = "/metrics"
    """Path of the metrics endpoint; null when the app has none."""
    health: HttpPath | HttpUrl | None = None
    """Path (or full URL) that answers 2xx when the app is alive; probed from outside."""
    network: NetworkName | None = None
    """Existing Compose network (of the app's own project) to join, e.g. `studio_default`."""
    redis: bool = False
    """Let the app reach Redis over its network."""
    workspace: Name | None = None
    """Workspace of the app's signals that bring none themselves."""


class SlackChannels(Model):
    """A channel per severity; the general channel where absent."""

    critical: Channel | None = None
    warning: Channel | None = None
    info: Channel | None = None


class Slack(Model):
    """Slack, by an incoming webhook that lies in a secret file."""

    channel: Channel
    """Channel for everything that has no channel of its own, e.g. `#monitoring-alerts`."""
    channels: SlackChannels = SlackChannels()
    webhook_secret: FileName = "slack_webhook_url"  # noqa: S105 (the name of the file, not the secret)
    """Name of the file in `secrets/` that holds the webhook URL."""
    mention: str = ""
    """Put in front of critical messages, e.g. `<!here>` or `<!subteam^S012345>`."""


class Escalation(Model):
    """Where a critical alert goes when nobody has solved it."""

    after: Duration = Field(default=15 * 60, ge=60)
    """How long a critical alert may last before it is escalated."""
    channel: Channel | None = None
    """Second channel; the general one if absent."""
    mention: str = "<!channel>"
    """Who is called in the escalated message."""


class AlertOverride(Model):
    """A change to one alert of the catalogue."""

    threshold: float | None = None
    """Another threshold, in the unit of the alert."""
    for_: Duration | None = Field(default=None, alias="for")
    """How long the condition must hold before the alert fires."""
    severity: Severity | None = None
    """Another severity."""
    off: bool = False
    """Switch the alert off; the readiness card says so."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, validate_by_name=True,
                              validate_by_alias=True)


class Alerting(Model):
    """Who is told, and when."""

    slack: Slack
    escalation: Escalation = Escalation()
    heartbeat_url: HttpUrl | None = None
    """Address of an outside heartbeat service, called every minute while the Watchdog arrives."""
    overrides: dict[str, AlertOverride] = Field(default_factory=dict)
    """Changes to single alerts, by alert name."""


class Redis(Model):
    """The Redis (or Valkey) of the stack."""

    use: Literal["sessions", "cache", "queue"] = "sessions"
    """What it holds; decides the eviction policy: only a cache may evict."""
    memory: Size = Field(default=128 * 1024**2, ge=16 * 1024**2, le=1024**4)
    """`maxmemory`; the container's limit is above it, with room for a fork."""
    engine: Literal["redis", "valkey"] = "redis"
    """Which program."""


class PiiPattern(Model):
    """A pattern of the user's own that must not reach storage."""

    name: Name
    pattern: Pattern
    """RE2 regular expression; each match is removed."""


class PiiRules(Model):
    """Which built-in rules run."""

    email: bool = True
    ip: bool = True
    bearer_token: bool = True
    api_key: bool = True
    session_id: bool = True
    card: bool = True
    iban: bool = True


class Pii(Model):
    """Redaction of personal data and credentials, in attributes and in log bodies."""

    enabled: bool = True
    rules: PiiRules = PiiRules()
    patterns: tuple[PiiPattern, ...] = ()


class Traces(Model):
    """Where traces go. Without an endpoint they are counted and dropped."""

    endpoint: HttpUrl | None = None
    """OTLP/HTTP endpoint, e.g. `https://tempo.example.com:4318`."""


class Collector(Model):
    """The OpenTelemetry Collector."""

    pii: Pii = Pii()
    traces: Traces = Traces()


class Keep(Model):
    """How many backups are kept."""

    daily: Annotated[int, Field(ge=1, le=3650)] = 7
    weekly: Annotated[int, Field(ge=0, le=520)] = 4
    monthly: Annotated[int, Field(ge=0, le=120)] = 3


class Backup(Model):
    """When and where the stores are saved."""

    every: Duration | None = Field(default=None, ge=600)
    """Interval; give either this or `cron`. Daily if both are absent."""
    cron: Cron | None = None
    """Times as a cron expression."""
    keep: Keep = Keep()
    rpo: Duration = Field(default=86400, ge=600)
    """Recovery point objective: how old the newest backup may be."""
    rto: Duration = Field(default=3600, ge=60)
    """Recovery time objective: how long a restore may take."""
    destination: str | None = None
    """restic repository: `s3:https://…/bucket`, `sftp:user@host:/path`, or a path on the host."""

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        if self.every is not None and self.cron is not None:
            raise ValueError("give either 'every' or 'cron', not both")
        return self


class Runbooks(Model):
    """Where the links in messages lead."""

    base_url: HttpUrl | None = None
    """Wiki or repository that shows `runbooks/`; the stack's own loopback page if absent."""


class ImageOverride(Model):
    """Another image for one component."""

    repository: str | None = None
    """Whole repository, e.g. `registry.example.com/team/prometheus`."""
    tag: str | None = None
    """Another tag."""
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """Pin to this digest."""


class Images(Model):
    """Where images come from."""

    registry: str | None = None
    """Registry mirror: `registry.example.com/mirror` replaces `docker.io`, `ghcr.io` …"""
    overrides: dict[str, ImageOverride] = Field(default_factory=dict)
    """Changes by component name."""


class Ports(Model):
    """Ports on 127.0.0.1 of the host; nothing is published anywhere else."""

    prometheus: Port = 9090
    alertmanager: Port = 9093
    loki: Port = 3100
    runbooks: Port = 8080
    otlp_grpc: Port = 4317
    otlp_http: Port = 4318

    @model_validator(mode="after")
    def _all_different(self) -> Self:
        seen: dict[int, str] = {}
        for key, port in self.model_dump().items():
            if port in seen:
                raise ValueError(f"port {port} is given to both '{seen[port]}' and '{key}'")
            seen[port] = key
        return self


class Extra(Model):
    """Files of the user's own, relative to the spec, that are merged into the generated ones."""

    compose: tuple[RelativePath, ...] = ()
    """Compose fragments: services, networks and volumes to add, or keys to change."""
    prometheus: tuple[RelativePath, ...] = ()
    """Prometheus fragments: more `scrape_configs`, `remote_write` and so on."""


class Spec(Model):
    """The whole spec, `stack.yaml`."""

    name: Name
    """Name of the stack; also the Compose project's."""
    environment: Literal["development", "staging", "production"] = "production"
    """How strict `check` is: what passes staging may fail production."""
    host: HostBudget = HostBudget()
    retention: Retention = Retention()
    workspace: Workspace = Workspace()
    apps: tuple[App, ...] = ()
    alerting: Alerting
    redis: Redis = Redis()
    collector: Collector = Collector()
    backup: Backup = Backup()
    runbooks: Runbooks = Runbooks()
    images: Images = Images()
    ports: Ports = Ports()
    extra: Extra = Extra()
