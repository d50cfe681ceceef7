"""When and where the stores are saved, written out so that a shell script can follow it by comparing numbers."""

from __future__ import annotations

from midwatch.plan.model import Backups, Cron
from midwatch.spec.cron import expand, longest_gap
from midwatch.spec.model.stores import Backup
from midwatch.spec.quantity import format_duration

DEFAULT_EVERY = 24 * 3600
TEST_EVERY = 24 * 3600
"""A backup that has not been restored for a day is a hope."""
_LEAD = 20
_MOST_LEAD = 1800


def backups(spec: Backup) -> Backups:
    """The plan of the backups.

    With ``every`` each one starts a twentieth (at most half an hour) early, so that the newest is never older than
    ``every``, however long it takes and whatever the jitter. With ``cron`` the times are kept to the minute.
    """
    every = 0 if spec.cron else spec.every or DEFAULT_EVERY
    lead = min(every // _LEAD, _MOST_LEAD)
    return Backups(
        destination=(spec.destination or "").rstrip("/"),
        kind=spec.kind,
        every=every - lead,
        cron=None if spec.cron is None else _cron(spec.cron),
        gap=longest_gap(spec.cron) if spec.cron else every,
        jitter=lead // 4,
        shown=f"at {spec.cron}" if spec.cron else f"every {format_duration(every)}",
        test_every=TEST_EVERY,
    )


def _cron(text: str) -> Cron:
    values, either = expand(text)
    minutes, hours, days, months, weekdays = values
    return Cron(minutes, hours, days, months, weekdays, either)
