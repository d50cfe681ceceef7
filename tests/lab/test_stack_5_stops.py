"""Whichever container stops, a message names it within a minute."""

from __future__ import annotations

import time

import pytest

from midwatch.plan.build import build
from midwatch.spec.load import load
from tests.conftest import EXAMPLES
from tests.lab.faults import WATCHED_BY_THE_DEADMAN, page_of, until_calm, until_healthy
from tests.lab.report import Report
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import need

# `make proof` keeps the figures of all of them, and a test compares those with the goal; here it is a minute each.
pytestmark = [pytest.mark.lab, pytest.mark.long]

LASTING = [one.name for one in build(load(EXAMPLES / "sva-studio" / "stack.yaml")).services if not one.one_shot]


@pytest.mark.parametrize("name", LASTING)
def test_a_stopped_container_is_named_within_a_minute(stack: Stack, report: Report, name: str) -> None:
    need(stack, name)
    if name in WATCHED_BY_THE_DEADMAN:
        # The dead-man speaks once of a silence: the one before has to be over.
        until_calm(stack)
    began = time.time()
    stack.compose("stop", name)
    try:
        page = page_of(stack, name, began)
    finally:
        stack.compose("start", name)
    until_healthy(stack, name)
    if name in WATCHED_BY_THE_DEADMAN:
        until_calm(stack)
    report.note(f"{name} stopped: told after {page.at - began:.1f} s")
