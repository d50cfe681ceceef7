"""A restart on purpose, with its grace, is no reason to call anybody."""

from __future__ import annotations

import time

from tests.lab.faults import until_healthy
from tests.lab.stack import Stack

LISTEN = 120.0
"""Seconds in which a message about the last restart would have come: twice what a page may take."""


def restart(stack: Stack, names: list[str]) -> dict[str, float]:
    """One after the other; service -> seconds from the command until it was healthy again."""
    away = {}
    for name in names:
        began = time.time()
        stack.compose("restart", name)
        until_healthy(stack, name)
        away[name] = round(time.time() - began, 1)
    return away
