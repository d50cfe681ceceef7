"""The loop: sends the probes, looks for them leg by leg, and says what it found."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from probes import Probe, Settings, Signal
from transport import FINDERS, MILLI, TIMEOUT, RefusedError, deliveries, fetch, send


def log(message: str) -> None:
    """One line on stderr."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {message}", file=sys.stderr, flush=True)


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
            one.came("accepted", probe, self.clock())

    def _delivered(self, one: Signal, count: float | None) -> None:
        """The count has risen since a probe was sent: the store takes what the collector sends."""
        for probe in one.waiting("delivered"):
            if count is None:
                continue
            if probe.delivered_before is None or count < probe.delivered_before:
                # Not known then, or the collector was started anew: from now on.
                probe.delivered_before = count if probe.delivered_before is None else 0.0
            if count > probe.delivered_before:
                one.came("delivered", probe, self.clock())

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
                now = self.clock()
                one.came("delivered", probe, now)
                one.came("found", probe, now)

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
            "# HELP canary_last_through_sent_timestamp_seconds When the last probe that came through was sent.",
            "# TYPE canary_last_through_sent_timestamp_seconds gauge",
            *(
                f'canary_last_through_sent_timestamp_seconds{{signal="{name}",leg="{leg}"}} {sent:.3f}'
                for name, one in self.signals.items()
                for leg, sent in list(one.through.items())
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
