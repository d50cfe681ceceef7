"""docs/proof.md: what was measured of each service and promise, as it was recorded; a new component needs its proof."""

from __future__ import annotations

import pytest

from midwatch.plan.build import build
from midwatch.spec.load import load
from tests.conftest import EXAMPLES
from tests.lab.proof.brief import BRIEF
from tests.lab.proof.page import PAGE, page
from tests.lab.proof.section import Section, sections

LASTING = {one.name for one in build(load(EXAMPLES / "sva-studio" / "stack.yaml")).services if not one.one_shot}
NAMES = {section.name: section for section in sections()}


def test_the_page_is_what_was_recorded() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make proof ONLY=page`"


@pytest.mark.parametrize("section", sections(), ids=lambda one: one.name)
def test_every_promise_was_measured_and_kept(section: Section) -> None:
    recorded = section.recorded()
    assert recorded is not None, f"run `make proof ONLY={section.name}`"
    assert section.problems(recorded["data"]) == []


def test_every_promise_has_its_line_in_short() -> None:
    assert set(BRIEF) == set(NAMES)
    runs = [{"loki": {"error": "no message"}, "redis": {"paged": 20.0}}]
    assert BRIEF["stops"]({"goal": 60.0, "goal_median": 30.0, "runs": runs})[1].startswith("1 of 2 stops")
    lost = {"rto": 3600, "stores": [{"error": "x"}, {"back": 9.0}], "damages": [{}, {"error": "x"}], "kills": [{}]}
    assert BRIEF["backups"](lost)[1] == (
        "1 of 2 stores, after 9 s at most; 1 of 2 damages refused; 1 of 1 kills survived"
    )


def test_every_lasting_service_was_stopped_and_restarted() -> None:
    stops, restarts = (NAMES[name].recorded() for name in ("stops", "restarts"))
    assert stops is not None
    assert restarts is not None
    assert [set(run) for run in stops["data"]["runs"]] == [LASTING] * 3, "run `make proof ONLY=missing`"
    assert set(restarts["data"]["away"]) == LASTING, "run `make proof ONLY=missing`"


def test_all_four_messages_of_the_review_are_there() -> None:
    recorded = NAMES["scenarios"].recorded()
    assert recorded is not None
    found = {(one["name"], one["severity"]) for one in recorded["data"]["scenarios"]}
    assert found == {
        ("Prometheus disk above 95 %", "critical"),
        ("Collector memory near its limit", "warning"),
        ("Redis offline, sessions at risk", "critical"),
        ("Metrics not flowing for 5 minutes", "warning"),
    }


def test_a_missed_goal_is_a_problem() -> None:
    """So that the tests above can fail."""
    slow = {"service": "loki", "paged": 61.0, "resolved": 1.0}
    assert NAMES["stops"].problems({"goal": 60, "goal_median": 30, "runs": [{"loki": slow}]}) == [
        "loki took 61.0 s", "median 61.0 s"
    ]  # fmt: skip
    silent = {"service": "loki", "error": "no message"}
    other = {"service": "redis", "paged": 20.0, "resolved": 1.0}
    assert NAMES["stops"].problems({"goal": 60, "goal_median": 30, "runs": [{"loki": silent, "redis": other}]}) == [
        "loki: no message"
    ]
    assert NAMES["restarts"].problems({"messages": ["loki is down"], "away": {}}) == ["a message: loki is down"]
    quiet = {"alerts": [], "messages": [], "ended": ["loki"]}
    assert NAMES["quiet"].problems(quiet) == ["ended: loki"]
    start = {"problem": "", "all": 130.0, "goal": 120, "services": {"loki": 0.0}}
    assert NAMES["start"].problems(start) == ["loki was never healthy", "took 130.0 s"]
    assert NAMES["scenarios"].problems({"scenarios": [{"name": "x", "error": "y"}]}) == ["x: y"]
    failover = {"engine": "redis", "lost_volume": True, "lost": 200}
    assert NAMES["failover"].problems({"cases": [failover, {**failover, "lost_volume": False, "lost": 0}]}) == []
    assert NAMES["failover"].problems({"cases": [{**failover, "lost": 201}]}) == [
        "redis, volume lost: 201 sessions lost"
    ]
    assert NAMES["failover"].problems({"cases": [{**failover, "lost_volume": False, "lost": 1}]}) == [
        "redis, alive: 1 sessions lost"
    ]
    untold = {"case": "empty", "seconds": 3.0, "status": [], "status_code": 0, "check": ["x"], "check_code": 1}
    assert NAMES["webhook"].problems({"goal": 30, "cases": [untold]}) == ["empty: not told by everybody"]
