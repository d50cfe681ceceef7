"""The probes of a signal on their way, and which leg is up, down or unknown. Knows no network."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

KEEP = 60
"""Probes of each signal that are remembered."""
LEGS = ("accepted", "delivered", "found")


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
    through: dict[str, float] = field(default_factory=dict)
    """Leg -> Unix time at which the newest probe that came through was sent."""
    round_trip: float | None = None

    def came(self, leg: str, probe: Probe, now: float) -> None:
        """A probe came through a leg, and so did those before it."""
        if leg not in probe.reached:
            probe.reached[leg] = now
            self.through[leg] = max(self.through.get(leg, 0.0), probe.mark / 1e9)
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
