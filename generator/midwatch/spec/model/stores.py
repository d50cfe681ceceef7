"""Redis, and the backups of all that is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from midwatch.spec.model.base import (
    DAY,
    HOUR,
    YEAR,
    Cron,
    Destination,
    Duration,
    Model,
    Name,
    Size,
    VolumeName,
    VolumePath,
)


class Redis(Model):
    """The Redis (or Valkey) of the stack."""

    use: Literal["sessions", "cache", "queue"] = "sessions"
    """What it holds; decides the eviction policy: only a cache may evict."""
    memory: Size = Field(default=128 * 1024**2, ge=16 * 1024**2, le=1024**4)
    """`maxmemory`; the container's limit is above it, with room for a fork."""
    engine: Literal["redis", "valkey"] = "redis"
    """Which program."""
    replica: bool = False
    """Keep a second copy in a service of its own, `redis-replica`: a lost volume then costs about a second of writes
    instead of what came since the last backup (`./ops failover redis`). As much memory, cpu and disk again."""


class Keep(Model):
    """How many backups are kept."""

    daily: Annotated[int, Field(ge=1, le=3650)] = 7
    """Newest backup of each of so many days."""
    weekly: Annotated[int, Field(ge=0, le=520)] = 4
    """Newest backup of each of so many weeks."""
    monthly: Annotated[int, Field(ge=0, le=120)] = 3
    """Newest backup of each of so many months."""
    by_hand: Duration = Field(default=30 * DAY, ge=DAY, le=10 * YEAR)
    """How long one stays that `./ops backup` or an upgrade made; they count for none of the above."""


class SavedVolume(Model):
    """A volume that belongs to an application, and is saved with the stores."""

    name: VolumeName = Field(examples=["studio_uploads"])
    """The volume, as `docker volume ls` shows it; none of the stack's own. It must be there before the stack starts."""
    app: Name | None = Field(default=None, examples=["studio"])
    """The application of `apps` that it belongs to, for whoever reads the card at night."""
    size: Size = Field(default=1024**3, ge=16 * 1024**2, le=64 * 1024**4)
    """How large it may become; room for a restored copy is planned for by it."""
    exclude: Annotated[tuple[VolumePath, ...], Field(max_length=50)] = Field(
        default=(), strict=False, examples=[["cache"]]
    )
    """Folders and files in it that are not saved, as paths below its root."""


class Backup(Model):
    """When and where the stores are saved."""

    every: Annotated[Duration, Field(ge=600, le=31 * DAY)] | None = Field(default=None, examples=["24h"])
    """Interval; give either this or `cron`. Daily if both are absent."""
    cron: Cron | None = None
    """Times as a cron expression."""
    keep: Keep = Keep()
    """How many are kept."""
    rpo: Duration = Field(default=DAY, ge=600, le=YEAR)
    """Recovery point objective: how old the newest backup may be."""
    rto: Duration = Field(default=HOUR, ge=60, le=30 * DAY)
    """Recovery time objective: how long a restore may take."""
    destination: Destination | None = None
    """Where to: `s3:https://…/bucket`, `sftp:user@host:/path`, or a path on the host (a mounted disk or share); each
    store gets a restic repository below it. Absent: a volume of the same host, which is for trials only."""
    own_ca: bool = False
    """The certificate of the S3 store is one of your own CA, such as a company's: `secrets/backup_ca` has to hold that
    CA's certificate (PEM)."""
    volumes: Annotated[tuple[SavedVolume, ...], Field(max_length=20)] = Field(default=(), strict=False)
    """Volumes of your applications that are saved too. Files are copied as they are: let a database write a dump into
    one, do not name its own."""

    @property
    def kind(self) -> Literal["volume", "path", "s3", "sftp"]:
        """What kind of place the destination is."""
        if self.destination is None:
            return "volume"
        if self.destination.startswith("/"):
            return "path"
        return "s3" if self.destination.startswith("s3:") else "sftp"

    @property
    def path(self) -> bool:
        """Whether it is a path on the host."""
        return self.kind == "path"

    @property
    def remote(self) -> bool:
        """Whether it is reached over the network."""
        return self.kind in ("s3", "sftp")

    @property
    def s3(self) -> bool:
        """Whether it is an S3-compatible store."""
        return self.kind == "s3"

    @property
    def sftp(self) -> bool:
        """Whether it is reached by SSH."""
        return self.kind == "sftp"
