"""The eight ordinary cases in the five formats: all right, no conflict, comments intact, and not a byte too many."""

from __future__ import annotations

import pytest

from midwatch.check import kinds
from midwatch.check.document import parse
from midwatch.merge.build import build
from midwatch.merge.files import merge_file
from midwatch.merge.model import plain
from midwatch.merge.three import differences
from tests.merge.eight import Case, cases

ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=[f"{case.format}: {case.name}" for case in ALL])
def test_each_is_right(case: Case) -> None:
    merged = merge_file(case.file, case.base.encode(), case.ours.encode(), case.theirs.encode())
    assert merged.conflicts == ()
    text = merged.data.decode()
    result, expected = (parse("", side.encode()) for side in (text, case.expected))
    assert not result.problems
    kind = kinds.of_data(expected.data)
    first, second = build(kind, result.data), build(kind, expected.data)
    assert list(differences(first, second)) == [], plain(first)
    for comment in case.comments:
        assert comment in text
    # What ours has and no side changed is there, line by line.
    lines = set(text.split("\n"))
    touched = set(case.base.split("\n")) - set(case.theirs.split("\n"))
    moved = case.name == "whole file re-indented"
    missing = {line for line in case.ours.split("\n") if line not in lines and line not in touched}
    assert moved or not {line for line in missing if line.partition("#")[0].rstrip() not in touched}


@pytest.mark.parametrize("case", ALL, ids=[f"{case.format}: {case.name}" for case in ALL])
def test_merging_again_changes_nothing(case: Case) -> None:
    base, theirs = case.base.encode(), case.theirs.encode()
    once = merge_file(case.file, base, case.ours.encode(), theirs).data
    assert merge_file(case.file, base, once, theirs).data == once
    assert merge_file(case.file, theirs, once, theirs).data == once


@pytest.mark.parametrize("case", ALL, ids=[f"{case.format}: {case.name}" for case in ALL])
def test_windows_line_ends_stay(case: Case) -> None:
    ours = case.ours.replace("\n", "\r\n").encode()
    merged = merge_file(case.file, case.base.encode(), ours, case.theirs.encode()).data
    assert merged.count(b"\n") == merged.count(b"\r\n")
    assert (
        merged.replace(b"\r\n", b"\n")
        == merge_file(case.file, case.base.encode(), case.ours.encode(), case.theirs.encode()).data
    )
