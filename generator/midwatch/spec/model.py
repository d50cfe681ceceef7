"""What a person decides: the typed spec.

Everything but ``name`` and ``alerting.slack.channel`` has a default. The models only say what is allowed;
reading a file, with every error at once and its place, is ``midwatch.spec.load``.
The text below each key ends up in the JSON Schema and in ``docs/reference/spec.md``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from midwatch.spec import checks, kinds
from midwatch.spec.quantity import parse_cron, parse_duration, parse_size

Size = Annotated[int, BeforeValidator(parse_size), kinds.SIZE]
"""Bytes. Read as Docker reads sizes: ``512m`` is 512 MiB."""
Duration = Annotated[int, BeforeValidator(parse_duration), kinds.DURATION]
"""Seconds. Read as Prometheus reads durations: ``7d``, ``1h30m``."""
Cron = Annotated[str, AfterValidator(parse_cron), kinds.CRON]
"""Five cron fields, one space apart; shortcuts such as ``@daily`` are written out."""
Name = Annotated[str, AfterValidator(checks.name), kinds.NAME]
Label = Annotated[str, AfterValidator(checks.label), kinds.LABEL]
LabelValue = Annotated[str, AfterValidator(checks.label_value), kinds.LABEL_VALUE]
AlertName = Annotated[str, AfterValidator(checks.alert_name), kinds.ALERT_NAME]
# Before, not after, and outside the Optional: a channel that YAML took for a comment arrives as null and must not
# pass for "absent".
Channel = Annotated[str, BeforeValidator(checks.channel), kinds.CHANNEL]
OwnChannel = Annotated[str | None, BeforeValidator(checks.channel), kinds.CHANNEL]
Mention = Annotated[str, AfterValidator(checks.mention), kinds.MENTION]
HttpUrl = Annotated[str, AfterValidator(checks.http_url), kinds.HTTP_URL]
ReachableUrl = Annotated[str, AfterValidator(checks.reachable_url), kinds.HTTP_URL]
Health = Annotated[str, AfterValidator(checks.health), kinds.HEALTH]
MetricsPath = Annotated[str, AfterValidator(checks.metrics_path), kinds.METRICS_PATH]
NetworkName = Annotated[str, AfterValidator(checks.network), kinds.NETWORK]
FileName = Annotated[str, AfterValidator(checks.file_name), kinds.FILE_NAME]
RelativePath = Annotated[str, AfterValidator(checks.relative_path), kinds.RELATIVE_PATH]
Pattern = Annotated[str, AfterValidator(checks.re2_pattern), kinds.PATTERN]
Host = Annotated[str, AfterValidator(checks.host), kinds.HOST]
Registry = Annotated[str, AfterValidator(checks.registry), kinds.REGISTRY]
Repository = Annotated[str, AfterValidator(checks.repository), kinds.REPOSITORY]
Tag = Annotated[str, AfterValidator(checks.tag), kinds.TAG]
Digest = Annotated[str, AfterValidator(checks.digest), kinds.DIGEST]
Destination = Annotated[str, AfterValidator(checks.destination), kinds.DESTINATION]
Port = Annotated[int, Field(ge=1, le=65535)]
Severity = Literal["critical", "warning", "info"]

_HOUR, _DAY, _YEAR = 3600, 86400, 365 * 86400


class Model(BaseModel):
    """Base of all parts of the spec: unknown keys are errors, values do not change, nothing is converted behind one's
    back
    (``true`` is no number, ``"80"`` no port)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


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

    metrics: Duration = Field(default=7 * _DAY, le=20 * _YEAR)
    """How long Prometheus keeps metrics (a size limit from the disk budget applies too)."""
    logs: Duration = Field(default=7 * _DAY, le=20 * _YEAR)
    """How long Loki keeps logs."""


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


class SlackChannels(Model):
    """A channel per severity; the general channel where absent."""

    critical: OwnChannel = None
    """Channel for critical alerts: somebody must get up."""
    warning: OwnChannel = None
    """Channel for warnings: somebody must look today."""
    info: OwnChannel = None
    """Channel for what is only worth knowing."""


class Slack(Model):
    """Slack, by an incoming webhook that lies in a secret file."""

    channel: Channel = Field(examples=["#monitoring-alerts"])
    """Channel for everything that has no channel of its own, e.g. `#monitoring-alerts`."""
    channels: SlackChannels = SlackChannels()
    """Channels by severity."""
    webhook_secret: FileName = "slack_webhook_url"  # noqa: S105 (the name of the file, not the secret)
    """Name of the file in `secrets/` that holds the webhook URL."""
    mention: Mention = ""
    """Put in front of critical messages, e.g. `<!here>` or `<!subteam^S012345>`."""


class Escalation(Model):
    """Where a critical alert goes when nobody has solved it."""

    after: Duration = Field(default=15 * 60, ge=60, le=7 * _DAY)
    """How long a critical alert may last before it is escalated."""
    channel: OwnChannel = None
    """Second channel; the general one if absent."""
    mention: Mention = "<!channel>"
    """Who is called in the escalated message."""


class AlertOverride(Model):
    """A change to one alert of the catalogue."""

    threshold: float | None = None
    """Another threshold, in the unit of the alert."""
    for_: Annotated[Duration, Field(le=30 * _DAY)] | None = Field(default=None, alias="for", examples=["5m"])
    """How long the condition must hold before the alert fires."""
    severity: Severity | None = None
    """Another severity."""
    off: bool = False
    """Switch the alert off; the readiness card says so."""


class Alerting(Model):
    """Who is told, and when."""

    slack: Slack
    """Where messages go."""
    escalation: Escalation = Escalation()
    """What happens when nobody reacts."""
    heartbeat_url: ReachableUrl | None = Field(default=None, examples=["https://hc-ping.com/your-uuid"])
    """Address of an outside heartbeat service, called every minute while the Watchdog arrives."""
    overrides: dict[AlertName, AlertOverride] = Field(default_factory=dict)
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

    name: Name = Field(examples=["employee-number"])
    """Unique name; the hint that is left where something was removed."""
    pattern: Pattern = Field(examples=["EMP-[0-9]{6}"])
    """RE2 regular expression; each match is removed."""


class PiiRules(Model):
    """Which built-in rules run."""

    email: bool = True
    """E-mail addresses."""
    ip: bool = True
    """IPv4 and IPv6 addresses."""
    bearer_token: bool = True
    """Bearer tokens of HTTP requests."""
    api_key: bool = True
    """API keys."""
    session_id: bool = True
    """Session ids."""
    card: bool = True
    """Payment card numbers."""
    iban: bool = True
    """Bank account numbers (IBAN)."""


class Pii(Model):
    """Redaction of personal data and credentials, in attributes and in log bodies."""

    enabled: bool = True
    """Switch all redaction off; the readiness card says so."""
    rules: PiiRules = PiiRules()
    """Built-in rules, one switch each."""
    patterns: Annotated[tuple[PiiPattern, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Patterns of the user's own."""


class Traces(Model):
    """Where traces go. Without an endpoint they are counted and dropped."""

    endpoint: ReachableUrl | None = Field(default=None, examples=["https://tempo.example.com:4318"])
    """OTLP/HTTP endpoint, e.g. `https://tempo.example.com:4318`."""


class Collector(Model):
    """The OpenTelemetry Collector."""

    pii: Pii = Pii()
    """What is redacted."""
    traces: Traces = Traces()
    """Where traces go."""


class Keep(Model):
    """How many backups are kept."""

    daily: Annotated[int, Field(ge=1, le=3650)] = 7
    """Newest backup of each of so many days."""
    weekly: Annotated[int, Field(ge=0, le=520)] = 4
    """Newest backup of each of so many weeks."""
    monthly: Annotated[int, Field(ge=0, le=120)] = 3
    """Newest backup of each of so many months."""


class Backup(Model):
    """When and where the stores are saved."""

    every: Annotated[Duration, Field(ge=600, le=31 * _DAY)] | None = Field(default=None, examples=["24h"])
    """Interval; give either this or `cron`. Daily if both are absent."""
    cron: Cron | None = None
    """Times as a cron expression."""
    keep: Keep = Keep()
    """How many are kept."""
    rpo: Duration = Field(default=_DAY, ge=600, le=_YEAR)
    """Recovery point objective: how old the newest backup may be."""
    rto: Duration = Field(default=_HOUR, ge=60, le=30 * _DAY)
    """Recovery time objective: how long a restore may take."""
    destination: Destination | None = None
    """restic repository: `s3:https://…/bucket`, `sftp:user@host:/path`, or a path on the host."""


class Runbooks(Model):
    """The language of runbooks and messages, and where the links in messages lead."""

    language: Literal["en", "de"] = "en"
    """English or German, for the runbooks and the texts of the alerts."""
    base_url: HttpUrl | None = Field(default=None, examples=["https://wiki.example.com/runbooks"])
    """Wiki or repository that shows `runbooks/`; the stack's own loopback page if absent."""


class ImageOverride(Model):
    """Another image for one component."""

    repository: Repository | None = None
    """Whole repository, e.g. `registry.example.com/team/prometheus`."""
    tag: Tag | None = None
    """Another tag."""
    digest: Digest | None = None
    """Pin to this digest."""


class Images(Model):
    """Where images come from."""

    registry: Registry | None = None
    """Registry mirror: `registry.example.com/mirror` replaces `docker.io`, `ghcr.io` …"""
    overrides: dict[str, ImageOverride] = Field(default_factory=dict)
    """Changes by component name."""


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


class Extra(Model):
    """Files of the user's own, relative to the spec, that are merged into the generated ones."""

    compose: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Compose fragments: services, networks and volumes to add, or keys to change."""
    prometheus: Annotated[tuple[RelativePath, ...], Field(max_length=100)] = Field(default=(), strict=False)
    """Prometheus fragments: more `scrape_configs`, `remote_write` and so on."""


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
