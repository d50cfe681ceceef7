"""For a while nothing happens to the stack, and nothing happens in it: 60 s here, 10 minutes in `make lab`."""

from __future__ import annotations

import os
import time

import pytest

from tests.lab.heard import heard
from tests.lab.quiet import alerts_within, ends, memory
from tests.lab.report import Report
from tests.lab.stack import Stack

pytestmark = pytest.mark.lab
VARIABLE, DEFAULT = "MIDWATCH_LAB_QUIET", 60.0


def test_no_restart_no_kill_and_no_alert(stack: Stack, report: Report) -> None:
    began = time.time()
    assert alerts_within(stack, float(os.environ.get(VARIABLE) or DEFAULT)) == []
    assert ends(stack) == []
    for name in stack.lasting:
        assert stack.containers()[name]["State"]["Health"]["Status"] == "healthy", name
    assert [message for message in heard(stack) if not stack.missing] == []
    used = ", ".join(f"{name} {use.replace(' ', '')}" for name, use in memory(stack).items())
    report.note(f"quiet for {time.time() - began:.0f} s; memory: {used}")
