"""Files without structure, by line: what touches is merged, what overlaps is listed, and an answer finds its lines."""

from __future__ import annotations

import pytest

from midwatch.merge.files import merge_file
from midwatch.merge.inline import RefusedError
from midwatch.merge.settle import replace_lines

BASE = "# Redis\nmaxmemory 1\nappendonly yes\nsave 60 1\n\nsave 300 1\n"


def test_lines_that_only_touch_do_not_clash() -> None:
    ours, theirs = BASE.replace("maxmemory 1", "maxmemory 2"), BASE.replace("appendonly yes", "appendonly no")
    merged = merge_file("redis.conf", BASE.encode(), ours.encode(), theirs.encode())
    assert merged.conflicts == ()
    assert merged.data.decode() == ours.replace("appendonly yes", "appendonly no")


def test_one_line_that_both_changed_is_a_conflict_and_ours_stays() -> None:
    ours = BASE.replace("maxmemory 1", "maxmemory 2")
    theirs = BASE.replace("maxmemory 1", "maxmemory 3").replace("save 300 1", "save 300 9")
    merged = merge_file("redis.conf", BASE.encode(), ours.encode(), theirs.encode())
    (conflict,) = merged.conflicts
    assert (conflict.line, conflict.base, conflict.ours, conflict.theirs) == (
        2, "maxmemory 1", "maxmemory 2", "maxmemory 3",
    )  # fmt: skip
    assert merged.data.decode() == ours.replace("save 300 1", "save 300 9")
    assert b"<<<" not in merged.data


def test_two_lines_put_in_at_one_place_are_a_conflict() -> None:
    ours, theirs = BASE + "rename-command A B\n", BASE + "rename-command C D\n"
    merged = merge_file("redis.conf", BASE.encode(), ours.encode(), theirs.encode())
    assert len(merged.conflicts) == 1
    assert merged.data.decode() == ours


def test_an_answer_goes_to_the_lines_nearest_to_where_they_were() -> None:
    text = b"a\nsame\nb\r\nsame\r\nc\n"
    assert replace_lines(text, "same", "new", 4) == b"a\nsame\nb\r\nnew\r\nc\n"
    assert replace_lines(text, "same", "new", 1) == b"a\nnew\nb\r\nsame\r\nc\n"
    assert replace_lines(text, "same", "", 4) == b"a\nsame\nb\r\nc\n"
    with pytest.raises(RefusedError, match="not there any more"):
        replace_lines(text, "other", "new", 1)
