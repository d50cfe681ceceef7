"""`docker compose restart` of any service, with its grace, calls nobody."""

from __future__ import annotations

import time

import pytest

from tests.lab.faults import PAGED_WITHIN, until_calm
from tests.lab.heard import heard
from tests.lab.report import Report, seconds
from tests.lab.restarts import restart
from tests.lab.stack import Stack

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_a_restart_of_each_calls_nobody(stack: Stack, report: Report) -> None:
    until_calm(stack)
    began = time.time()
    away = restart(stack, stack.lasting)
    time.sleep(PAGED_WITHIN)
    assert [one.text for one in heard(stack, began)] == []
    report.note(f"restarted, and healthy again after: {seconds(away)}")
