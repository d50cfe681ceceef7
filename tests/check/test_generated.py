"""What midwatch generates passes its own rules, and the judges whose programs are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.check import run, stack
from midwatch.check.judge import all_judges
from tests.check.conftest import make_example, rules_of

NAMES = ("sva-studio", "small", "large")


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated example."""
    return make_example(request.param, tmp_path_factory.mktemp("example") / request.param)


def test_the_rules_find_nothing_but_the_secrets_that_are_not_made_yet(example: Path) -> None:
    found = [finding for finding in rules_of(stack.read(example, use_compose=False)) if finding.severity != "info"]
    assert {finding.id for finding in found} <= {"secret-files"}, found


def test_every_exception_of_the_demo_says_why(example: Path) -> None:
    found = [finding for finding in rules_of(stack.read(example, use_compose=False)) if finding.severity == "info"]
    assert all("(exception: " in finding.message and len(finding.message) > 60 for finding in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [judge.id for judge in all_judges() if judge.id != "webhook"])  # there is none yet
def test_the_judges_pass_the_demo(tmp_path: Path, name: str) -> None:
    folder = make_example("sva-studio", tmp_path / "sva")
    report = run.run(stack.read(folder), rules=False, only={name})
    (result,) = report.judges
    if result.status == "skipped":
        pytest.skip(f"judge {name}: {result.reason}")
    assert [finding for finding in report.findings if finding.severity != "info"] == []
    # Before `secrets` there is no webhook that could be asked.
    assert result.status == ("nothing" if name == "webhook" else "passed")
