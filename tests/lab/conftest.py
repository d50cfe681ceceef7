"""What every test of the lab needs. A test asks for `engine` or `stack`, and is skipped by name where there is none."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.lab.cache import LabError
from tests.lab.engine import Engine
from tests.lab.engine import engine as run_engine
from tests.lab.images import ensure_image
from tests.lab.report import Report
from tests.lab.stack import PYTHON, Stack, running

REPORT = Report()


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this machine, started for the session where none answers."""
    try:
        context = run_engine()
        got = context.__enter__()
    except LabError as error:
        pytest.skip(str(error))
    REPORT.engine = str(got)
    try:
        yield got
    finally:
        context.__exit__(None, None, None)


@pytest.fixture(scope="package")
def stack(engine: Engine) -> Iterator[Stack]:
    """The stack of examples/sva-studio, started once for all tests. The files of tests are in the order of what they
    do to it: look, use, knock, wait, break, stop."""
    python = ensure_image(PYTHON)
    if not python.there:
        pytest.skip(f"the lab's own app and Slack need {PYTHON}: {python.detail}")
    with running(engine, "sva-studio") as started:
        REPORT.images |= started.images
        yield started


@pytest.fixture
def report(engine: Engine) -> Report:
    """Where a test notes what it measured."""
    return REPORT


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure, what the stack looked like at that moment: afterwards it is gone."""
    report = yield
    started = getattr(item, "funcargs", {}).get("stack")
    if report.when == "call" and report.failed and isinstance(started, Stack):
        report.sections.append(("the stack", started.diagnosis()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A section of its own, so that nobody takes a stand-in for the real thing."""
    lines = list(REPORT.lines())
    if lines:
        terminalreporter.section("lab")
        for line in lines:
            terminalreporter.line(line)
