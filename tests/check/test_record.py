"""The record of what a component exports: read, written, and refused with its line."""

from __future__ import annotations

import pytest

from midwatch.check.record import Metric, parse_record, write_record
from midwatch.errors import BlueprintError
from tests.conftest import ROOT, recorded

STACK = ROOT / "blueprints" / "stack"
TEXT = """\
# Recorded.
a_total counter -
b_bucket histogram le,otel.scope
c gauge x,y  # once it failed: c.go
"""


def test_a_record_survives_reading_and_writing() -> None:
    record = parse_record(TEXT)
    assert record["c"] == Metric("c", "gauge", frozenset({"x", "y"}), "once it failed: c.go")
    assert record["a_total"].labels == frozenset()
    assert write_record(["Recorded."], reversed(list(record.values()))) == TEXT


@pytest.mark.parametrize(
    "line", ["a", "a counter", "a count -", "a counter x, y", "a counter x,", "a counter - by hand"]
)
def test_another_line_is_refused(line: str) -> None:
    with pytest.raises(BlueprintError, match=r"m\.txt:2: not 'name type labels'"):
        parse_record(f"# Recorded.\n{line}\n", "m.txt")


def test_twice_is_refused() -> None:
    with pytest.raises(BlueprintError, match=r":2: a is there twice"):
        parse_record("a gauge -\na gauge x\n")


@pytest.mark.parametrize("name", sorted(path.parent.name for path in STACK.glob("*/metrics.txt")))
def test_the_records_are_as_make_record_writes_them(name: str) -> None:
    record, text = recorded(name), (STACK / name / "metrics.txt").read_text(encoding="utf-8")
    header = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    assert write_record(header, record.values()) == text
    assert {name for name in record if name.endswith("_bucket") and "le" not in record[name].labels} == set()
