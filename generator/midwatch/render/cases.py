"""The cases of ``promtool test rules``, joined so that their cost grows with the rules and not with their square.

promtool evaluates every rule of a file for every case. An alert that has one rule per service or app therefore gets
one case for all of them: the series of each item side by side, and what is expected of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from midwatch.plan.model import Alert, AlertSeries


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one rule must do at one time."""

    alert: Alert
    test: AlertSeries


@dataclass(frozen=True, slots=True)
class Case:
    """One case: series that go in, and what is expected."""

    name: str
    interval: str
    series: dict[str, str]
    expected: tuple[Expectation, ...]


def cases(alerts: Iterable[Alert]) -> Iterator[Case]:
    """The cases of one component's alerts, in the order of the catalogue."""
    groups: dict[tuple[str, int, str], list[Expectation]] = {}
    for alert in alerts:
        for number, test in enumerate(alert.tests):
            groups.setdefault((alert.name, number, test.interval), []).append(Expectation(alert, test))
    for (name, _, interval), expected in groups.items():
        series = {key: values for one in expected for key, values in one.test.series.items()}
        yield Case(f"{name}: {expected[0].test.name}", interval, series, tuple(expected))
