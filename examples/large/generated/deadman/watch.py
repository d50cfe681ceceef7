"""Decides when the Watchdog has been away for too long, and what is to be said then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from messages import LANGUAGES, Messages

RETRY_EVERY = 30.0  # seconds, as are all times here


@dataclass(frozen=True)
class Settings:
    """From the environment; see service.yaml.jinja."""

    stack: str
    alertmanager: str
    webhook_file: Path
    quiet_after: float = 35.0
    repeat_every: float = 1800.0
    start_grace: float = 180.0
    mention: str = ""
    host: str = ""
    """How people reach it; empty where the spec does not say."""
    channel: str = ""
    runbook: str = ""
    heartbeat_url: str = ""
    port: int = 8080
    language: str = "en"

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Settings:
        """Raises KeyError or ValueError when a setting is missing or no number."""
        return cls(
            stack=env["DEADMAN_STACK"],
            alertmanager=env["DEADMAN_ALERTMANAGER"].rstrip("/"),
            webhook_file=Path(env["DEADMAN_WEBHOOK_FILE"]),
            quiet_after=float(env.get("DEADMAN_QUIET_AFTER", cls.quiet_after)),
            repeat_every=float(env.get("DEADMAN_REPEAT_EVERY", cls.repeat_every)),
            start_grace=float(env.get("DEADMAN_START_GRACE", cls.start_grace)),
            mention=env.get("DEADMAN_MENTION", ""),
            host=env.get("DEADMAN_HOST", ""),
            channel=env.get("DEADMAN_CHANNEL", ""),
            runbook=env.get("DEADMAN_RUNBOOK", ""),
            heartbeat_url=env.get("DEADMAN_HEARTBEAT_URL", ""),
            port=int(env.get("DEADMAN_PORT", cls.port)),
            language=env.get("DEADMAN_LANGUAGE", cls.language),
        )


@dataclass
class Watch:
    """Decides; knows no network. `now` is a monotonic time."""

    settings: Settings
    started: float
    renewed: float | None = None
    """When the Watchdog was last seen to be renewed."""
    stamp: str | None = None
    answers: bool = False
    alarm_since: float | None = None
    next_post: float = 0.0
    owed: str | None = None
    """The text that has not reached Slack yet."""

    @property
    def words(self) -> Messages:
        """In the language of the runbooks."""
        return LANGUAGES[self.settings.language]

    def saw(self, now: float, wall: float, stamp: str | None) -> None:
        """Alertmanager answered; ``stamp`` is the Watchdog's `updatedAt`, if there is one."""
        self.answers = True
        if stamp is None or stamp == self.stamp:
            return
        first = self.stamp is None
        self.stamp = stamp
        # The first stamp may be an old one; later ones are new because they differ, whatever the clock does.
        self.renewed = now - (max(0.0, wall - _unix(stamp, wall)) if first else 0.0)

    def age(self, now: float) -> float:
        """Seconds since the last renewal; since the start when there was none."""
        return now - (self.started if self.renewed is None else self.renewed)

    def quiet(self, now: float) -> bool:
        """Whether the Watchdog has been away for too long."""
        allowed = self.settings.start_grace if self.renewed is None else self.settings.quiet_after
        return self.age(now) > allowed

    def text_due(self, now: float) -> str | None:
        """What must be posted now, if anything."""
        if self.quiet(now):
            if self.alarm_since is None:
                self.alarm_since = now - self.age(now)
                self.next_post = now
            if now >= self.next_post:
                self.owed = self._alarm(now)
        elif self.alarm_since is not None:
            self.owed = self.words.back.format(stack=self.settings.stack, span=_span(now - self.alarm_since))
            self.alarm_since, self.next_post = None, now
        return self.owed if self.owed is not None and now >= self.next_post else None

    def posted(self, now: float, ok: bool) -> None:
        """Tell it how the post went; one that failed is tried again soon, one that went well is not."""
        self.next_post = now + (self.settings.repeat_every if ok else RETRY_EVERY)
        if ok:
            self.owed = None

    def _alarm(self, now: float) -> str:
        what, cause = self.words.prometheus_silent if self.answers else self.words.alertmanager_silent
        first = "prometheus" if self.answers else "alertmanager"
        return self.words.alarm.format(
            mention=f"{self.settings.mention} " if self.settings.mention else "",
            stack=self.settings.stack,
            what=what,
            host=self.words.on_host.format(host=self.settings.host) if self.settings.host else self.words.its_host,
            cause=cause.format(span=_span(self.age(now))),
            command=f"docker compose up -d {first} && docker compose logs --tail=50 {first}",
            runbook=f"\nRunbook: {self.settings.runbook}" if self.settings.runbook else "",
        )


def _unix(stamp: str, otherwise: float) -> float:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", stamp.replace("Z", "+00:00"))).timestamp()
    except ValueError:
        return otherwise


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
