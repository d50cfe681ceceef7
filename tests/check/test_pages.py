"""Every check has its page, and every page its check."""

from __future__ import annotations

import pytest

from midwatch.check.judge import all_judges
from midwatch.check.pages import about, pages
from midwatch.check.rule import all_rules
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "reference" / "checks"


def test_no_page_is_missing_or_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(pages())


@pytest.mark.parametrize("name", sorted(pages()))
def test_pages_are_what_the_checks_say(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], (
        "written from the checks' own metadata: write midwatch.check.pages.pages() into the folder"
    )


def test_ids_are_unique_and_everything_is_explained() -> None:
    ids = [check.id for check in about()]
    assert len(set(ids)) == len(ids)
    for check in about():
        assert check.title and check.fix
        assert len(check.why) > 40, f"{check.id} does not say why it matters"
    for rule in all_rules():
        assert rule.good and rule.bad, f"{rule.id} has no example"


def test_every_module_of_the_folders_is_a_check() -> None:
    folder = ROOT / "generator" / "midwatch" / "check"
    assert len(list((folder / "rules").glob("[!_]*.py"))) == len(all_rules())
    assert len(list((folder / "judges").glob("[!_]*.py"))) == len(all_judges())
    for rule in all_rules():
        assert (folder / "rules" / f"{rule.id.replace('-', '_')}.py").is_file(), "a rule's file has the rule's name"
