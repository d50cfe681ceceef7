"""What each running component exports is what its metrics.txt says: name, type, labels. A stack of its own, since what
counts failures has to be provoked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from midwatch.check.catalogue import components
from tests.conftest import recorded
from tests.lab.engine import Engine
from tests.lab.record import Seen, seen
from tests.lab.record_events import CHANGES, provoke
from tests.lab.stack import running

pytestmark = pytest.mark.lab
ELSEWHERE = {"backup-volume"}
"""Runs only where a spec names a volume: test_backup_volume holds its record against it."""
RECORDED = sorted(name for name, known in components().items() if known.metrics and name not in ELSEWHERE)
SOMETIMES = {
    "otel-collector": {"otelcol_fileconsumer_reading_files"},
}
"""What comes and goes with the moment."""


@pytest.fixture(scope="module")
def found(engine: Engine) -> Iterator[Seen]:
    with running(engine, "sva-studio", CHANGES) as stack:
        assert stack.problem == ""
        provoke(stack)
        yield seen(stack)


@pytest.mark.parametrize("name", RECORDED)
def test_a_component_exports_what_its_record_says(found: Seen, name: str) -> None:
    if name not in found:
        pytest.skip(f"{name}: cannot run here")
    record, now = recorded(name), found[name]
    unknown = {str(one) for one in now.values() if one.name not in record}
    assert unknown == set(), "exported, and not in the record: `make record`, then read the difference"
    differ = {
        str(one): str(record[one.name])
        for one in now.values()
        if one.type != record[one.name].type or not one.labels <= record[one.name].labels
    }
    assert differ == {}, "exported with another type or more labels: `make record`, then read the difference"
    gone = {one.name for one in record.values() if not one.source} - now.keys() - SOMETIMES.get(name, set())
    assert gone == set(), "in the record, and no longer exported: `make record`, or say where it comes from"


def test_every_component_that_is_scraped_was_seen(found: Seen) -> None:
    assert set(RECORDED) - found.keys() <= {"loki"}
