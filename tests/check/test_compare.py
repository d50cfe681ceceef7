"""When two findings are the same one, so that a hand edit is not blamed for what was there before."""

from __future__ import annotations

from dataclasses import replace

from midwatch.check.compare import more
from midwatch.check.finding import Finding

BUDGET = Finding(
    id="budget-memory", severity="error", message="limits add up to 9 GiB", file="compose.yaml", line=10, service="loki"
)


def test_lines_and_numbers_may_move() -> None:
    assert more([replace(BUDGET, line=12, message="limits add up to 9.5 GiB")], [BUDGET]) == []


def test_whom_it_concerns_may_change() -> None:
    before = replace(BUDGET, message="secret x is missing (for alertmanager, deadman)")
    assert more([replace(before, message="secret x is missing (for alertmanager)")], [before]) == []
    assert more([replace(before, message="secret y is missing (for alertmanager)")], [before])


def test_another_service_or_one_time_more_is_new() -> None:
    other = replace(BUDGET, service="redis")
    assert more([BUDGET, other], [BUDGET]) == [other]
    assert more([BUDGET, BUDGET], [BUDGET]) == [BUDGET]
