"""Who is told, when, and where the links in messages lead."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from midwatch.spec.model.base import (
    DAY,
    AlertName,
    Channel,
    Duration,
    FileName,
    HttpUrl,
    MailAddress,
    MailHello,
    MailServer,
    MailUser,
    Mention,
    Model,
    OwnChannel,
    ReachableUrl,
    Severity,
)


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


class Email(Model):
    """E-mail beside Slack: critical alerts go to both, so that the loss of one of them hides nothing."""

    to: Annotated[tuple[MailAddress, ...], Field(max_length=20)] = Field(strict=False)
    """Who gets critical alerts, escalated ones, and what the dead-man sidecar cannot post to Slack."""
    from_: MailAddress = Field(alias="from", examples=["midwatch@example.com"])
    """Sender."""
    smarthost: MailServer = Field(examples=["smtp.example.com:587"])
    """Server that takes the messages, with its port: 587 (STARTTLS) or 465 (TLS from the start)."""
    username: MailUser | None = None
    """Name at the server's login; without it there is no login."""
    password_secret: FileName = "smtp_password"  # noqa: S105 (the name of the file, not the secret)
    """Name of the file in `secrets/` that holds the password; needed with `username` only."""
    require_tls: bool = True
    """Send nothing in clear text."""
    hello: MailHello | None = None
    """Name by which the stack greets the server, where it wants a real one."""


class Escalation(Model):
    """Where a critical alert goes when nobody has solved it."""

    after: Duration = Field(default=15 * 60, ge=60, le=7 * DAY)
    """How long a critical alert may last before it is escalated."""
    channel: OwnChannel = None
    """Second channel; the general one if absent."""
    mention: Mention = "<!channel>"
    """Who is called in the escalated message."""


class AlertOverride(Model):
    """A change to one alert of the catalogue."""

    threshold: float | None = None
    """Another threshold, in the unit of the alert."""
    for_: Annotated[Duration, Field(le=30 * DAY)] | None = Field(default=None, alias="for", examples=["5m"])
    """How long the condition must hold before the alert fires."""
    severity: Severity | None = None
    """Another severity."""
    off: bool = False
    """Switch the alert off; the readiness card says so."""


class Alerting(Model):
    """Who is told, and when."""

    slack: Slack
    """Where messages go."""
    email: Email | None = None
    """E-mail beside Slack."""
    escalation: Escalation = Escalation()
    """What happens when nobody reacts."""
    heartbeat_url: ReachableUrl | None = Field(default=None, examples=["https://hc-ping.com/your-uuid"])
    """Address of an outside heartbeat service, called every minute while the Watchdog arrives."""
    overrides: dict[AlertName, AlertOverride] = Field(default_factory=dict)
    """Changes to single alerts, by alert name."""


class Runbooks(Model):
    """The language of runbooks and messages, and where the links in messages lead."""

    language: Literal["en", "de"] = "en"
    """English or German, for the runbooks and the texts of the alerts."""
    base_url: HttpUrl | None = Field(default=None, examples=["https://wiki.example.com/runbooks"])
    """Wiki or repository that shows `runbooks/`; the stack's own loopback page if absent."""
