"""Cumulative profiles: what passes staging may fail production."""

from __future__ import annotations

from enum import IntEnum

from midwatch.check.finding import Severity
from midwatch.errors import MidwatchError


class Profile(IntEnum):
    """How strict `check` is; each profile includes the ones below it."""

    DEVELOPMENT = 1
    STAGING = 2
    PRODUCTION = 3

    @property
    def label(self) -> str:
        """The name as users write it."""
        return self.name.lower()


NAMES = tuple(profile.label for profile in Profile)


def parse(name: str) -> Profile:
    """The profile of that name; raises MidwatchError for any other word."""
    try:
        return Profile[name.upper()]
    except KeyError:
        raise MidwatchError(f"unknown profile '{name}'", hint=f"one of {', '.join(NAMES)}") from None


def severity(since: Profile, current: Profile) -> Severity:
    """A rule is an error from its first profile on, and a warning below it."""
    return "error" if current >= since else "warning"
