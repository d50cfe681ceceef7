"""The four nights of the review, each really brought about: what breaks, and which message has to come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.lab.heard import Heard
from tests.lab.stack import Stack


@dataclass(frozen=True)
class Scenario:
    """One of them. ``cause`` breaks something while its block runs, and mends it afterwards."""

    name: str
    how: str
    """How it is brought about, for the reader of the proof."""
    severity: str
    words: str
    """What the headline has to say."""
    within: float
    """Seconds after which the message must have come: what the alert waits for, and a minute."""
    cause: Callable[[Stack], AbstractContextManager[None]]

    def told_by(self, message: Heard) -> bool:
        """Whether this is the message that has to come."""
        headline = message.headline
        return not message.over and self.severity.upper() in headline and self.words in headline
