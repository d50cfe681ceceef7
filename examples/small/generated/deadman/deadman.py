"""Posts to Slack by itself when the Watchdog alert stops arriving at Alertmanager.

Prometheus sends the always-firing Watchdog again every few seconds; Alertmanager notes when (`updatedAt`). When that
time stands still, no other alert gets through either, and nobody but this program can say so. It uses neither
Prometheus nor Alertmanager to post. Standard library only: it runs in a plain Python image, and is tested without it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

POLL_EVERY = 5.0  # seconds, as are all times here
TIMEOUT = 4.0
RETRY_EVERY = 30.0
HEARTBEAT_EVERY = 60.0
PROBE_EVERY = 3600.0
PROBE_AGAIN = 60.0
DOUBTS = 3
"""Probes in a row without an answer that says something, before the webhook counts as broken."""
QUERY = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'alertname="Watchdog"'})


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
    channel: str = ""
    runbook: str = ""
    heartbeat_url: str = ""
    port: int = 8080

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
            channel=env.get("DEADMAN_CHANNEL", ""),
            runbook=env.get("DEADMAN_RUNBOOK", ""),
            heartbeat_url=env.get("DEADMAN_HEARTBEAT_URL", ""),
            port=int(env.get("DEADMAN_PORT", cls.port)),
        )


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


def read_webhook(file: Path) -> tuple[str, str]:
    """(address, "") or ("", what is wrong). Read anew each time, so that a new secret needs no restart."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return "", "secret_missing"
    except (OSError, UnicodeDecodeError):
        return "", "secret_unreadable"
    if not text:
        return "", "secret_empty"
    return (text, "") if re.fullmatch(r"https?://[!-~]+", text) else ("", "secret_malformed")


def request(url: str, payload: Mapping[str, str] | None = None) -> str:
    """POST the payload, or GET; "ok", "http_<status>" or "unreachable". Never raises, never names the address."""
    data = None if payload is None else json.dumps(payload).encode()
    try:
        headers = {"Content-Type": "application/json"} if data else {}
        made = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (checked by read_webhook)
        with urllib.request.urlopen(made, timeout=TIMEOUT) as answer:  # noqa: S310
            return "ok" if 200 <= answer.status < 300 else f"http_{answer.status}"
    except urllib.error.HTTPError as error:
        return f"http_{error.code}"
    except Exception:  # whatever it is, it must not end the only program that still watches
        return "unreachable"


def probe(url: str) -> str:
    """Whether the webhook is there, without a message: Slack answers 400 to one that has no text, and 403, 404 or 410
    where there is no such webhook (any more). "ok", or what `request` says."""
    result = request(url, {})
    return "ok" if result == "http_400" else result


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
            self.owed = (
                f":white_check_mark: *{self.settings.stack}*: the Watchdog arrives again, after "
                f"{_span(now - self.alarm_since)}. Alerts get through."
            )
            self.alarm_since, self.next_post = None, now
        return self.owed if self.owed is not None and now >= self.next_post else None

    def posted(self, now: float, ok: bool) -> None:
        """Tell it how the post went; one that failed is tried again soon, one that went well is not."""
        self.next_post = now + (self.settings.repeat_every if ok else RETRY_EVERY)
        if ok:
            self.owed = None

    def _alarm(self, now: float) -> str:
        cause = (
            f"Alertmanager answers, but Prometheus has not renewed the Watchdog for {_span(self.age(now))}."
            if self.answers
            else f"Alertmanager does not answer; the Watchdog was last seen {_span(self.age(now))} ago."
        )
        first = "prometheus" if self.answers else "alertmanager"
        mention = f"{self.settings.mention} " if self.settings.mention else ""
        runbook = f"\nRunbook: {self.settings.runbook}" if self.settings.runbook else ""
        return (
            f":rotating_light: {mention}*{self.settings.stack}: no alert can reach you.* {cause}\n"
            f"In the stack's folder on its host: `docker compose up -d {first} && "
            f"docker compose logs --tail=50 {first}`{runbook}"
        )


def _unix(stamp: str, otherwise: float) -> float:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", stamp.replace("Z", "+00:00"))).timestamp()
    except ValueError:
        return otherwise


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@dataclass
class Deadman:
    """The loop: looks, decides, posts; and what it did, for /metrics and /health."""

    settings: Settings
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

    def __post_init__(self) -> None:
        self.watch = Watch(self.settings, self.clock())

    def turn(self) -> None:
        """One round."""
        try:
            self.watch.saw(self.clock(), time.time(), read_watchdog(self.settings.alertmanager))
        except (OSError, ValueError, KeyError, TypeError):
            self.watch.answers = False
        address, wrong = read_webhook(self.settings.webhook_file)
        self._webhook(wrong or (self.webhook if self.webhook.startswith(("http_", "unreachable")) else ""))
        if not wrong:
            self._probe(address)
        now = self.clock()
        text = self.watch.text_due(now)
        if text is not None:
            result = wrong or request(address, self._payload(text))
            self.posts[result] += 1
            log(f"post {result}: {text.splitlines()[0]}")
            self._webhook("" if result == "ok" else result)
            self.watch.posted(now, result == "ok")
        # No heartbeat with a broken webhook either: then the outside service is the only one that can still tell.
        well = not self.watch.quiet(now) and not self.webhook
        if self.settings.heartbeat_url and well and now >= self.next_heartbeat:
            self.heartbeats[request(self.settings.heartbeat_url)] += 1
            self.next_heartbeat = now + HEARTBEAT_EVERY
        self.last_turn = self.clock()

    def _probe(self, address: str) -> None:
        """Now and then, and at once when the address is a new one."""
        # A workflow's webhook would start the workflow.
        if "/workflows/" in address or "/triggers/" in address:
            return
        now = self.clock()
        if address == self.probed and now < self.next_probe:
            return
        result = probe(address)
        refused = result.startswith("http_4") and result != "http_429"
        self.doubts = 0 if address != self.probed or result == "ok" else self.doubts + 1
        self.probed = address
        self.next_probe = now + (PROBE_EVERY if result == "ok" else PROBE_AGAIN)
        if result == "ok" or refused or self.doubts + 1 >= DOUBTS:
            self._webhook("" if result == "ok" else result)

    def _payload(self, text: str) -> dict[str, str]:
        return {"text": text} | ({"channel": self.settings.channel} if self.settings.channel else {})

    def _webhook(self, wrong: str) -> None:
        if wrong != self.webhook:
            log(f"webhook: {wrong or 'usable again'}")
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
        ]
        return "\n".join(lines) + "\n"

    def alive(self) -> bool:
        """Whether the loop still turns."""
        return self.clock() - self.last_turn < 12 * TIMEOUT


class Handler(BaseHTTPRequestHandler):
    """GET /health and /metrics."""

    deadman: Deadman

    def do_GET(self) -> None:
        if self.path == "/health":
            status, text = (200, "ok\n") if self.deadman.alive() else (503, "the loop stands still\n")
        elif self.path == "/metrics":
            status, text = 200, self.deadman.metrics()
        else:
            status, text = 404, "/health or /metrics\n"
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """No line per scrape."""


def main() -> None:
    """Watch until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = Settings.of(os.environ)
    Handler.deadman = Deadman(settings)
    server = ThreadingHTTPServer(("", settings.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(f"watching the Watchdog of {settings.stack}: alarm after {settings.quiet_after:g} s of silence")
    while True:
        Handler.deadman.turn()
        time.sleep(POLL_EVERY)


if __name__ == "__main__":
    main()
