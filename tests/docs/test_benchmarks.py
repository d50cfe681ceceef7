"""docs/benchmarks.md: the goals of merging hold in what was measured, and every command was."""

from __future__ import annotations

import re

from midwatch.cli.group import COMMANDS
from tests.conftest import ROOT
from tests.merge.eight import cases

PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
RATIO, SECONDS = 0.7, 2.0
"""Of `copier update` on an unchanged project; for a compose file of 10,000 lines."""


def table(first: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called so, by their first cell."""
    _, head, rest = PAGE.partition(f"\n| {first} |")
    assert head, f"there is no table of each {first}"
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return {row[0]: row[1:] for row in ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)}


def seconds(row: list[str]) -> float:
    return float(row[0].removesuffix(" s"))


def test_the_eight_cases_are_right_in_all_formats_and_none_is_silently_wrong() -> None:
    every, scores = len(list(cases())), table("tool")
    assert scores["midwatch"][:3] == [f"{every} of {every}", "0", "0"]
    for tool in ("`git merge-file`", "`copier update`"):
        right, conflicts, wrong = scores[tool][:3]
        assert int(right.split(" of ")[0]) + int(conflicts) + int(wrong) == every, "beside the same cases"


def test_an_unchanged_project_takes_a_part_of_what_copier_takes() -> None:
    rows = table("unchanged project")
    assert seconds(rows["`midwatch generate`"]) < RATIO * seconds(rows["`copier update`"])


def test_a_large_file_is_merged_in_time() -> None:
    rows = table("compose file of 10,000 lines")
    assert len(rows) == 2 and all(seconds(row) < SECONDS for row in rows.values()), rows


def test_every_command_was_measured() -> None:
    measured = re.findall(r"^\| `midwatch (\w+) --help` \|", PAGE, re.M)
    assert measured == list(COMMANDS), "run `make bench`"
