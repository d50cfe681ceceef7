"""The loop: asks Alertmanager for the Watchdog, posts when it stays away, and looks whether the webhook is there."""

from __future__ import annotations

import json
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mail import Account
from watch import Settings, Watch
from webhook import TIMEOUT, probe, read_webhook, request

HEARTBEAT_EVERY = 60.0  # seconds, as are all times here
PROBE_EVERY = 3600.0
PROBE_AGAIN = 60.0
DOUBTS = 3
"""Probes in a row without an answer that says something, before the webhook counts as broken."""
QUERY = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'alertname="Watchdog"'})


def log(message: str) -> None:
    """One line on stderr. Never give it an address: the webhook's is a secret."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {message}", file=sys.stderr, flush=True)


def read_watchdog(alertmanager: str) -> str | None:
    """`updatedAt` of the Watchdog, or None when Alertmanager has none. Raises OSError or ValueError."""
    with urllib.request.urlopen(alertmanager + QUERY, timeout=TIMEOUT) as answer:  # noqa: S310 (our own setting)
        alerts = json.load(answer)
    if not isinstance(alerts, list):
        raise ValueError("no list of alerts")
    return max((str(alert["updatedAt"]) for alert in alerts if "updatedAt" in alert), default=None)


@dataclass
class Deadman:
    """The loop: looks, decides, posts; and what it did, for /metrics and /health."""

    settings: Settings
    mail: Account | None = None
    """For what Slack does not take."""
    clock: Callable[[], float] = time.monotonic
    posts: Counter[str] = field(default_factory=Counter)
    heartbeats: Counter[str] = field(default_factory=Counter)
    webhook: str = ""
    """What is wrong with the webhook; empty while nothing is."""
    last_turn: float = 0.0
    next_heartbeat: float = 0.0
    next_probe: float = 0.0
    probed: str = ""
    """The address that was probed last."""
    doubts: int = 0
    mails: Counter[str] = field(default_factory=Counter)
    mailed: float | None = None
    """Beginning of the alarm that a mail has told."""
    next_mail: float = 0.0

    def __post_init__(self) -> None:
        self.watch = Watch(self.settings, self.clock())

    def turn(self) -> None:
        """One round."""
        try:
            self.watch.saw(self.clock(), time.time(), read_watchdog(self.settings.alertmanager))
        except (OSError, ValueError, KeyError, TypeError):
            self.watch.answers = False
        address, wrong = read_webhook(self.settings.webhook_file)
        judged = wrong or self._probe(address)
        if judged is not None:
            self._webhook(judged)
        elif self.webhook.startswith("secret_"):
            self._webhook("")
        now = self.clock()
        text = self.watch.text_due(now)
        if text is not None:
            result = request(address, self._payload(text)) if address else wrong
            self.posts[result] += 1
            log(f"post {result}: {text.splitlines()[0]}")
            self._webhook(wrong or ("" if result == "ok" else result))
            self.watch.posted(now, result == "ok")
            if self.mail and result != "ok":
                self._mail(self.mail, text, now)
        # No heartbeat with a broken webhook either: then the outside service is the only one that can still tell.
        well = not self.watch.quiet(now) and not self.webhook
        if self.settings.heartbeat_url and well and now >= self.next_heartbeat:
            self.heartbeats[request(self.settings.heartbeat_url)] += 1
            self.next_heartbeat = now + HEARTBEAT_EVERY
        self.last_turn = self.clock()

    def _probe(self, address: str) -> str | None:
        """Now and then, and at once when the address is a new one: what is wrong with it, "" for nothing; None where
        nothing new can be said."""
        # A workflow's webhook would start the workflow.
        if "/workflows/" in address or "/triggers/" in address:
            return None
        now = self.clock()
        if address == self.probed and now < self.next_probe:
            return None
        result = probe(address)
        refused = result.startswith("http_4") and result != "http_429"
        self.doubts = 0 if address != self.probed or result == "ok" else self.doubts + 1
        self.probed = address
        self.next_probe = now + (PROBE_EVERY if result == "ok" else PROBE_AGAIN)
        if result == "ok" or refused or self.doubts + 1 >= DOUBTS:
            return "" if result == "ok" else result
        return None

    def _mail(self, account: Account, text: str, now: float) -> None:
        """Tell an alarm once, and again as seldom as Slack; its end only to those who were told of it."""
        began = self.watch.alarm_since
        if began == self.mailed and (began is None or now < self.next_mail):
            return
        result = account.send(text)
        self.mails[result] += 1
        log(f"mail {result}: {text.splitlines()[0]}")
        if result == "ok":
            self.mailed, self.next_mail = began, now + self.settings.repeat_every

    def _payload(self, text: str) -> dict[str, str]:
        return {"text": text} | ({"channel": self.settings.channel} if self.settings.channel else {})

    def _webhook(self, wrong: str) -> None:
        if wrong != self.webhook:
            log(f"webhook: {f'{wrong}, {self.watch.words.meaning(wrong)}' if wrong else 'usable again'}")
        self.webhook = wrong

    def metrics(self) -> str:
        """What Prometheus scrapes."""
        now = self.clock()
        results = {"ok", *self.posts}
        lines = [
            "# HELP deadman_watchdog_age_seconds Since the Watchdog was last renewed (or this program started).",
            "# TYPE deadman_watchdog_age_seconds gauge",
            f"deadman_watchdog_age_seconds {self.watch.age(now):.3f}",
            "# HELP deadman_alarm 1 while the Watchdog has been away for too long.",
            "# TYPE deadman_alarm gauge",
            f"deadman_alarm {int(self.watch.quiet(now))}",
            "# HELP deadman_alertmanager_up Whether Alertmanager answered last time.",
            "# TYPE deadman_alertmanager_up gauge",
            f"deadman_alertmanager_up {int(self.watch.answers)}",
            "# HELP deadman_webhook_ok 0 when the webhook's secret is no address, or posts to it are not taken.",
            "# TYPE deadman_webhook_ok gauge",
            f"deadman_webhook_ok {int(not self.webhook)}",
            "# HELP deadman_posts_total Posts to Slack by result.",
            "# TYPE deadman_posts_total counter",
            *(f'deadman_posts_total{{result="{result}"}} {self.posts[result]}' for result in sorted(results)),
            "# HELP deadman_heartbeats_total Calls of the outside heartbeat service by result.",
            "# TYPE deadman_heartbeats_total counter",
            *(
                f'deadman_heartbeats_total{{result="{result}"}} {self.heartbeats[result]}'
                for result in sorted({"ok", *self.heartbeats})
            ),
            "# HELP deadman_mails_total E-mails for what Slack did not take, by result.",
            "# TYPE deadman_mails_total counter",
            *(
                f'deadman_mails_total{{result="{result}"}} {self.mails[result]}'
                for result in sorted({"ok", *self.mails})
            ),
        ]
        return "\n".join(lines) + "\n"

    def alive(self) -> bool:
        """Whether the loop still turns."""
        return self.clock() - self.last_turn < 12 * TIMEOUT
