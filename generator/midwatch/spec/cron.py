"""Cron expressions: five fields, read so that Vixie cron and supercronic agree on every one accepted.

Where the two differ (``5/15``, ``5-7`` as days of the week, ``*/2`` as a day beside the other day field, ``?``,
``L``) the
expression is refused with the form that both take, because a backup that runs at another time than meant is found too
late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from midwatch.spec.shown import shown
from midwatch.spec.suggest import did_you_mean

_SHORTCUTS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM = re.compile(r"(?:(\*)|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,4}))?", re.ASCII)
_LONGEST = 200
_ACCEPTED = "must be five fields (minute hour day month weekday) such as '0 3 * * *', or a shortcut such as @daily"


@dataclass(frozen=True, slots=True)
class _Field:
    label: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        if text in self.names:
            return self.names.index(text) + self.low
        # 7 is Sunday too, but only when it stands alone: in ranges supercronic turns it into 0.
        if text.isdigit() and (self.low <= int(text) <= self.high or (self.names is _DAYS and text == "7")):
            return int(text)
        also = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        raise ValueError(f"{self.label}: must be {self.low} to {self.high}{also}, not {text!r}")

    def item(self, text: str) -> set[int]:
        """The values that one comma-separated item names."""
        match = _ITEM.fullmatch(text)
        if not match:
            raise ValueError(
                f"{self.label}: cannot read {text[:40]!r}, it takes *, 5, 1-5, */15, 1-30/5 and lists of these"
            )
        star, first, last, step = match.groups()
        if first and step and not last:
            raise ValueError(f"{self.label}: cron programs disagree about {text!r}, write '{first}-{self.high}/{step}'")
        low = self.low if star else self.number(first)
        high = self.high if star else self.number(last or first)
        if last and 7 in (low, high) and self.names is _DAYS:
            raise ValueError(f"{self.label}: cron programs disagree about 7 in a range, write Sunday as ',0': {text!r}")
        if high < low:
            raise ValueError(f"{self.label}: the range {text!r} runs backwards")
        if step and not 1 <= int(step) <= self.high:
            raise ValueError(f"{self.label}: the step must be 1 to {self.high}, not {step}")
        return {value % 7 if self.names is _DAYS else value for value in range(low, high + 1, int(step or 1))}

    def values(self, text: str) -> set[int]:
        items = text.split(",")
        if "*" in items and len(items) > 1:
            raise ValueError(f"{self.label}: '*' already means all, write it alone, not {text[:40]!r}")
        return {value for item in items for value in self.item(item)}


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 6, _DAYS),
)


def _fields(text: str) -> list[str]:
    lowered = text.strip().lower()
    if lowered.startswith("@"):
        if lowered not in _SHORTCUTS:
            close = did_you_mean(lowered, _SHORTCUTS)
            raise ValueError(f"must be one of {', '.join(_SHORTCUTS)} or five fields, not {shown(text)}{close}")
        lowered = _SHORTCUTS[lowered]
    fields = lowered.split() if len(text) <= _LONGEST else []
    if len(fields) != len(_FIELDS) or not lowered.isascii():
        raise ValueError(f"{_ACCEPTED}, not {shown(text)}")
    day, weekday = fields[2], fields[4]
    # Vixie cron asks for both days when one field begins with a star, supercronic for either.
    if any(one.startswith("*/") and other != "*" for one, other in ((day, weekday), (weekday, day))):
        raise ValueError(
            f"cron programs disagree about a step such as '*/2' in one day field beside the other: {shown(text)}"
        )
    return fields


def _days(values: list[set[int]], fields: list[str]) -> Iterator[date]:
    """The days that match within 29 years: every pairing of weekday and leap day comes round in that time."""
    by_either = _by_either(fields)
    day = date(2000, 1, 1)
    for _ in range(29 * 366):
        in_month, in_week = day.day in values[2], day.isoweekday() % 7 in values[4]
        if day.month in values[3] and (in_month or in_week if by_either else in_month and in_week):
            yield day
        day += timedelta(days=1)


def parse_cron(text: str) -> str:
    """The five fields, one space apart and in lower case; shortcuts such as ``@daily`` are written out.

    Raises ValueError for what a cron program refuses, reads differently from another one, or would never run.
    """
    fields = _fields(text)
    values = [field.values(part) for field, part in zip(_FIELDS, fields, strict=True)]
    if next(_days(values, fields), None) is None:
        raise ValueError(f"never runs: no month named has such a day, in {shown(text)}")
    return " ".join(fields)


def expand(text: str) -> tuple[list[tuple[int, ...]], bool]:
    """The values of each of the five fields, and whether a day that fits one of the two day fields is enough.

    Raises ValueError as ``parse_cron`` does.
    """
    fields = _fields(parse_cron(text))
    values = [tuple(sorted(field.values(part))) for field, part in zip(_FIELDS, fields, strict=True)]
    return values, _by_either(fields)


def _by_either(fields: list[str]) -> bool:
    return "*" not in (fields[2][0], fields[4][0])


def longest_gap(text: str) -> int:
    """Seconds between two runs, at the worst (clock changes not counted). Raises ValueError as ``parse_cron`` does."""
    fields = _fields(parse_cron(text))
    values = [field.values(part) for field, part in zip(_FIELDS, fields, strict=True)]
    minutes = sorted(hour * 60 + minute for hour in values[1] for minute in values[0])
    within = max((later - earlier for earlier, later in pairwise(minutes)), default=0)
    days = list(_days(values, fields))
    between = max((later - earlier).days for earlier, later in pairwise(days))
    return max(within, between * 1440 - minutes[-1] + minutes[0]) * 60
