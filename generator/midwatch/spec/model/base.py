"""The types that the keys of a spec take, and the base of all its parts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from midwatch.spec import checks, kinds, mail
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
MailAddress = Annotated[str, AfterValidator(mail.address), kinds.MAIL_ADDRESS]
MailServer = Annotated[str, AfterValidator(mail.smarthost), kinds.MAIL_SERVER]
MailUser = Annotated[str, AfterValidator(mail.username), kinds.MAIL_USER]
MailHello = Annotated[str, AfterValidator(mail.hello), kinds.MAIL_HELLO]
Mention = Annotated[str, AfterValidator(checks.mention), kinds.MENTION]
HttpUrl = Annotated[str, AfterValidator(checks.http_url), kinds.HTTP_URL]
ReachableUrl = Annotated[str, AfterValidator(checks.reachable_url), kinds.HTTP_URL]
Health = Annotated[str, AfterValidator(checks.health), kinds.HEALTH]
MetricsPath = Annotated[str, AfterValidator(checks.metrics_path), kinds.METRICS_PATH]
NetworkName = Annotated[str, AfterValidator(checks.network), kinds.NETWORK]
VolumeName = Annotated[str, AfterValidator(checks.volume), kinds.VOLUME]
VolumePath = Annotated[str, AfterValidator(checks.volume_path), kinds.VOLUME_PATH]
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

HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
"""Seconds."""


class Model(BaseModel):
    """Base of all parts of the spec: unknown keys are errors, values do not change, nothing is converted behind one's
    back (``true`` is no number, ``"80"`` no port)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
