"""A compose file of 10,000 lines, changed in every service by both sides, merges within two seconds of computing."""

from __future__ import annotations

import time

import pytest

from midwatch.merge.files import merge_file
from tests.merge.large import both_sides

SECONDS = 2.0
"""Of this process; whatever else the machine does is not counted. Usually it takes less than one."""


@pytest.mark.parametrize("wide", [False, True], ids=["as it was", "re-indented as a whole"])
def test_a_large_file_merges_in_time(wide: bool) -> None:
    base, ours, theirs = both_sides(10_000, wide=wide)
    assert base.count("\n") >= 10_000
    times = []
    for _ in range(3):
        started = time.process_time()
        merged = merge_file("compose.yaml", base.encode(), ours.encode(), theirs.encode())
        times.append(time.process_time() - started)
    assert merged.conflicts == ()
    text = merged.data.decode()
    assert text.count("retries: 5 # by hand") == text.count("memory: 80m") == base.count("retries: 3")
    assert "image: new:1" in text
    assert min(times) < SECONDS, times
