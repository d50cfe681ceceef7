"""Sends a log line and a metric the way that an app's go, and says how far each of them came.

Every program on the way may run, answer its health check and lose data. So a probe of each signal is sent to the
collector every few seconds, and looked for in the store. Three legs, each judged by a probe that came through the one
before it, so that the broken leg is named and not those behind it:

    accepted   the collector took it (its answer to the POST)
    delivered  the store took what the collector sent since (the collector counts what the store acknowledged)
    found      the store gives it back when asked

A leg that cannot be judged is unknown: neither up nor down. Standard library only: it runs in a plain Python image.
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
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TURN_EVERY = 2.0  # seconds, as are all times here
TIMEOUT = 3.0
MILLI = 10**6
KEEP = 60
"""Probes of each signal that are remembered."""
NAME = "midwatch-canary"
LEGS = ("accepted", "delivered", "found")
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""


@dataclass(frozen=True)
class Settings:
    """From the environment; see service.yaml.jinja."""

    collector: str
    collector_metrics: str
    loki: str
    prometheus: str
    every: float = 8.0
    """Between two probes; one that the collector did not take is followed by the next at once."""
    patience: float = 12.0
    """How long a probe may take for one leg."""
    fresh: float = 45.0
    """A leg that nothing came through for that long is unknown, if nothing was lost on it either."""
    port: int = 8080

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Settings:
        """Raises KeyError or ValueError when a setting is missing or no number."""
        return cls(
            collector=env["CANARY_COLLECTOR"].rstrip("/"),
            collector_metrics=env["CANARY_COLLECTOR_METRICS"],
            loki=env["CANARY_LOKI"].rstrip("/"),
            prometheus=env["CANARY_PROMETHEUS"].rstrip("/"),
            every=float(env.get("CANARY_EVERY", cls.every)),
            patience=float(env.get("CANARY_PATIENCE", cls.patience)),
            fresh=float(env.get("CANARY_FRESH", cls.fresh)),
            port=int(env.get("CANARY_PORT", cls.port)),
        )


def log(message: str) -> None:
    """One line on stderr."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {message}", file=sys.stderr, flush=True)


@dataclass
class Probe:
    """One line or one sample on its way. ``mark`` (Unix time, nanoseconds, whole milliseconds) is its name: no rule
    of redaction touches the time of a line or the value of a sample."""

    mark: int
    sent: float
    delivered_before: float | None
    """The collector's count of deliveries before it was sent."""
    reached: dict[str, float] = field(default_factory=dict)
    """Leg -> when it came through."""


@dataclass
class Signal:
    """The probes of one signal, and what follows from them. Knows no network; `now` is a monotonic time."""

    name: str
    settings: Settings
    next_send: float = float("-inf")
    probes: deque[Probe] = field(default_factory=lambda: deque(maxlen=KEEP))
    sent: int = 0
    unjudged: dict[str, str] = field(default_factory=dict)
    """Leg -> why nothing can be said of it at all."""
    errors: dict[str, str] = field(default_factory=dict)
    """Leg -> what the last attempt met."""
    arrivals: dict[str, float] = field(default_factory=dict)
    """Leg -> Unix time at which a probe last came through."""
    round_trip: float | None = None

    def came(self, leg: str, probe: Probe, now: float, wall: float) -> None:
        """A probe came through a leg, and so did those before it."""
        if leg not in probe.reached:
            probe.reached[leg] = now
            self.arrivals[leg] = wall
            if leg == LEGS[-1]:
                self.round_trip = now - probe.sent

    def waiting(self, leg: str) -> list[Probe]:
        """Probes that came through the leg before and not through this one, oldest first."""
        before = LEGS.index(leg) - 1
        return [
            probe
            for probe in tuple(self.probes)  # a scrape is another thread
            if leg not in probe.reached and (before < 0 or LEGS[before] in probe.reached)
        ]

    def states(self, now: float) -> dict[str, bool | None]:
        """Leg -> up, down, or None for unknown. At most one leg is down: what is behind it cannot be judged."""
        found: dict[str, bool | None] = dict.fromkeys(LEGS)
        for leg in LEGS:
            found[leg] = self._state(leg, now)
            if found[leg] is False:
                break
        return found

    def _state(self, leg: str, now: float) -> bool | None:
        if leg in self.unjudged:
            return None
        reached = [probe for probe in tuple(self.probes) if leg in probe.reached]
        newest = reached[-1].sent if reached else float("-inf")
        # A probe that was overtaken is no evidence: the leg works again.
        lost = (probe for probe in self.waiting(leg) if probe.sent > newest)
        if any(now - self._began(leg, probe) > self.settings.patience for probe in lost):
            return False
        return True if reached and now - max(p.reached[leg] for p in reached) <= self.settings.fresh else None

    @staticmethod
    def _began(leg: str, probe: Probe) -> float:
        before = LEGS.index(leg) - 1
        return probe.sent if before < 0 else probe.reached[LEGS[before]]


class RefusedError(Exception):
    """An answer that is none of success; ``status`` 0 when there was no answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def fetch(url: str, payload: Any = None) -> bytes:
    """GET, or POST of the payload as JSON. Raises RefusedError."""
    data = None if payload is None else json.dumps(payload).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    try:
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (our own settings)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            read: bytes = answer.read(LARGEST)
            return read
    except urllib.error.HTTPError as error:
        raise RefusedError(error.code, f"http_{error.code}") from None
    except Exception as error:  # whatever it is, the other signal must still be looked for
        raise RefusedError(0, f"unreachable ({type(error).__name__})") from None


def send(settings: Settings, signal_name: str, mark: int) -> None:
    """One probe to the collector. Raises RefusedError, also when an answer of 200 says that it was rejected."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": NAME}}]}
    scope = {"name": NAME}
    if signal_name == "logs":
        record = {"timeUnixNano": str(mark), "severityNumber": 5, "severityText": "DEBUG",
                  "body": {"stringValue": "midwatch canary"}}  # fmt: skip
        payload = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": [record]}]}]}
        rejected = "rejectedLogRecords"
    else:
        # Prometheus keeps a value as a float: milliseconds survive that, nanoseconds do not.
        point = {"timeUnixNano": str(mark), "asInt": str(mark // MILLI)}
        metric = {"name": "canary_probe", "description": "When the canary sent it, Unix time in milliseconds.",
                  "gauge": {"dataPoints": [point]}}  # fmt: skip
        payload = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}]}
        rejected = "rejectedDataPoints"
    answer = fetch(f"{settings.collector}/v1/{signal_name}", payload)
    try:
        partial = json.loads(answer or b"{}").get("partialSuccess") or {}
        count = int(partial.get(rejected) or 0)
    except (ValueError, AttributeError, TypeError):
        raise RefusedError(200, "answer not understood") from None
    if count:
        raise RefusedError(200, "rejected")


_SENT = {"logs": "otelcol_exporter_sent_log_records", "metrics": "otelcol_exporter_sent_metric_points"}
_STORE = {"logs": "otlp_http/loki", "metrics": "otlp_http/prometheus"}


def deliveries(text: str, signal_name: str) -> float:
    """How many records the store has acknowledged to the collector, by the collector's own metrics."""
    pattern = rf'^{_SENT[signal_name]}(?:_total)?\{{[^}}]*exporter="{re.escape(_STORE[signal_name])}"[^}}]*\}} (\S+)'
    return sum(float(value) for value in re.findall(pattern, text, re.MULTILINE))


def find_logs(settings: Settings, oldest: int) -> set[int]:
    """Marks of the lines that Loki gives back, from `oldest` on. Raises RefusedError; ValueError for another answer."""
    words = urllib.parse.urlencode(
        {"query": f'{{service_name="{NAME}"}}', "start": oldest, "end": time.time_ns() + 10**10, "limit": KEEP,
         "direction": "backward"}
    )  # fmt: skip
    answer = json.loads(fetch(f"{settings.loki}/loki/api/v1/query_range?{words}"))
    return {int(value[0]) for stream in answer["data"]["result"] for value in stream["values"]}


def find_metrics(settings: Settings, _oldest: int) -> set[int]:
    """The mark of the newest sample that Prometheus gives back."""
    words = urllib.parse.urlencode({"query": f'canary_probe{{job="{NAME}"}}'})
    answer = json.loads(fetch(f"{settings.prometheus}/api/v1/query?{words}"))
    return {int(float(series["value"][1])) * MILLI for series in answer["data"]["result"]}


FINDERS: Mapping[str, Callable[[Settings, int], set[int]]] = {"logs": find_logs, "metrics": find_metrics}


@dataclass
class Canary:
    """The loop: sends, looks, judges; and shows it at /metrics and /health."""

    settings: Settings
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], int] = time.time_ns
    last_turn: float = 0.0
    told: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signals = {name: Signal(name, self.settings) for name in FINDERS}
        self.last_turn = self.clock()

    def turn(self) -> None:
        """One round."""
        now = self.clock()
        wanted = any(now >= one.next_send or one.waiting("delivered") for one in self.signals.values())
        counts = self._deliveries() if wanted else {}
        for one in self.signals.values():
            self._delivered(one, counts.get(one.name))
            self._found(one)
            if now >= one.next_send:
                self._send(one, counts.get(one.name))
            self._tell(one)
        self.last_turn = self.clock()

    def _deliveries(self) -> dict[str, float]:
        try:
            text = fetch(self.settings.collector_metrics).decode("utf-8", "replace")
        except RefusedError:
            return {}
        return {name: deliveries(text, name) for name in self.signals}

    def _send(self, one: Signal, count: float | None) -> None:
        mark = self.wall() // MILLI * MILLI
        probe = Probe(mark, self.clock(), count)
        one.probes.append(probe)
        one.sent += 1
        try:
            send(self.settings, one.name, mark)
        except RefusedError as why:
            one.errors["accepted"] = str(why)
        else:
            one.errors.pop("accepted", None)
            one.next_send = probe.sent + self.settings.every
            one.came("accepted", probe, self.clock(), self.wall() / 1e9)

    def _delivered(self, one: Signal, count: float | None) -> None:
        """The count has risen since a probe was sent: the store takes what the collector sends."""
        for probe in one.waiting("delivered"):
            if count is None:
                continue
            if probe.delivered_before is None or count < probe.delivered_before:
                # Not known then, or the collector was started anew: from now on.
                probe.delivered_before = count if probe.delivered_before is None else 0.0
            if count > probe.delivered_before:
                one.came("delivered", probe, self.clock(), self.wall() / 1e9)

    def _found(self, one: Signal) -> None:
        # What was accepted is looked for, whether or not the collector could be asked: the store's word counts more.
        missing = [p for p in one.probes if "accepted" in p.reached and "found" not in p.reached]
        if not missing:
            return
        try:
            marks = FINDERS[one.name](self.settings, missing[0].mark)
        except RefusedError as why:
            one.errors["found"] = str(why)
            # No such API at all, which no load, fault or full disk makes of a real store: it cannot be asked. Any other
            # answer shows that there is one; silence shows nothing.
            if why.status == 404:
                one.unjudged["found"] = "the store has no query API (http_404)"
            elif why.status:
                one.unjudged.pop("found", None)
            return
        except (ValueError, KeyError, TypeError, IndexError):
            one.errors["found"] = "answer not understood"
            return
        one.errors.pop("found", None)
        one.unjudged.pop("found", None)
        for probe in missing:
            if probe.mark in marks:
                now, wall = self.clock(), self.wall() / 1e9
                one.came("delivered", probe, now, wall)
                one.came("found", probe, now, wall)

    def _tell(self, one: Signal) -> None:
        """One line where a state or its reason changes."""
        for leg, state in one.states(self.clock()).items():
            line = f"{one.name}: {leg} {'unknown' if state is None else 'up' if state else 'DOWN'}"
            if state is False:
                line += f": {one.errors.get(leg, 'it got lost without a word')}"
            elif state is None and leg in one.unjudged:
                line += f": {one.unjudged[leg]}"
            if self.told.get((one.name, leg), f"{one.name}: {leg} unknown") != line:
                log(line)
            self.told[(one.name, leg)] = line

    def metrics(self) -> str:
        """What Prometheus scrapes."""
        now = self.clock()
        states = {name: one.states(now) for name, one in self.signals.items()}
        each = [(name, leg, state) for name, legs in states.items() for leg, state in legs.items()]
        lines = [
            "# HELP canary_sent_total Probes that were sent, or tried to.",
            "# TYPE canary_sent_total counter",
            *(f'canary_sent_total{{signal="{name}"}} {one.sent}' for name, one in self.signals.items()),
            "# HELP canary_leg_up 1 when probes come through this leg, 0 when they get lost on it; none when unknown.",
            "# TYPE canary_leg_up gauge",
            *(
                f'canary_leg_up{{signal="{name}",leg="{leg}"}} {int(state)}'
                for name, leg, state in each
                if state is not None
            ),
            "# HELP canary_leg_unknown 1 when nothing can be said of this leg.",
            "# TYPE canary_leg_unknown gauge",
            *(f'canary_leg_unknown{{signal="{name}",leg="{leg}"}} {int(state is None)}' for name, leg, state in each),
            "# HELP canary_last_arrival_timestamp_seconds When a probe last came through this leg, Unix time.",
            "# TYPE canary_last_arrival_timestamp_seconds gauge",
            *(
                f'canary_last_arrival_timestamp_seconds{{signal="{name}",leg="{leg}"}} {arrived:.3f}'
                for name, one in self.signals.items()
                for leg, arrived in list(one.arrivals.items())
            ),
            "# HELP canary_round_trip_seconds From sending to finding, of the last probe that was found.",
            "# TYPE canary_round_trip_seconds gauge",
            *(
                f'canary_round_trip_seconds{{signal="{name}"}} {one.round_trip:.3f}'
                for name, one in self.signals.items()
                if one.round_trip is not None
            ),
        ]
        return "\n".join(lines) + "\n"

    def alive(self) -> bool:
        """Whether the loop still turns: a round may wait for six answers."""
        return self.clock() - self.last_turn < 10 * TIMEOUT


class Handler(BaseHTTPRequestHandler):
    """GET /health and /metrics."""

    canary: Canary

    def do_GET(self) -> None:
        if self.path == "/health":
            status, text = (200, "ok\n") if self.canary.alive() else (503, "the loop stands still\n")
        elif self.path == "/metrics":
            status, text = 200, self.canary.metrics()
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
    """Send and look until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    settings = Settings.of(os.environ)
    Handler.canary = Canary(settings)
    server = ThreadingHTTPServer(("", settings.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(f"a log line and a metric every {settings.every:g} s")
    while True:
        Handler.canary.turn()
        time.sleep(TURN_EVERY)


if __name__ == "__main__":
    main()
