"""A webhook's secret that is missing, empty or wrong is told before it is needed."""

from __future__ import annotations

import pytest

from tests.lab.report import Report
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import need
from tests.lab.webhook import CASES, TOLD_WITHIN, Case, tell

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_ops_status_and_the_dead_man_say_so(stack: Stack, report: Report, case: Case) -> None:
    need(stack, "deadman", "alertmanager")
    told = tell(stack, case)
    assert told.status_code == 1
    assert told.status, "ops status says nothing of the webhook"
    assert told.check_code == 1
    assert told.check, "check says nothing of the webhook"
    assert told.seconds < TOLD_WITHIN
    report.note(f"webhook {case.name}: in the dead-man's log after {told.seconds:.1f} s")
