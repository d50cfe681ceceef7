"""What README and docs say exists: links lead somewhere, commands and targets are real."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from midwatch import __version__
from midwatch.cli.group import COMMANDS
from midwatch.plan.build import build
from midwatch.spec.load import load
from tests.conftest import ROOT

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests/lab/README.md"]
    if path.is_file()
)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
IDS = [str(path.relative_to(ROOT)) for path in PAGES]


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_targets_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`|^    [^\n]+$", text, re.S | re.M))
    for command in re.findall(r"\bmidwatch (?:-\S+ \S+ )?([a-z]+)\b(?!-)", code):
        if page.name != "CHANGELOG.md":
            assert command in COMMANDS, f"{page.name}: midwatch {command}"
    for target in re.findall(r"\bmake ([a-z][a-z-]+)\b", code):
        assert target in TARGETS, f"{page.name}: make {target}"


def test_every_page_is_in_the_list_of_pages() -> None:
    """A newcomer finds what there is; the page of one check is found by the page of all."""
    docs = ROOT / "docs"
    listed = {path.split("#")[0] for path in re.findall(r"\]\(([^)\s]+)\)", (docs / "README.md").read_text())}
    there = {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"README.md"}
    single = {page for page in there if page.startswith("reference/checks/") and not page.endswith("README.md")}
    assert there - single == listed


def test_every_target_is_in_make_help() -> None:
    text = (ROOT / "Makefile").read_text()
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("help", "setup", "demo", "demo-up", "test", "lint", "bench", "lab", "docs", "clean"):
        assert target in TARGETS
        assert f"make {target} " in done.stdout
        assert f".PHONY: {target}\n" in text


def test_the_changelog_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text or f"## [{__version__}]" in text
    assert "keepachangelog.com" in text


def test_the_readme_counts_the_services() -> None:
    services = build(load(ROOT / "examples/sva-studio/stack.yaml")).services
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| {sum(not one.one_shot for one in services)} services and two that prepare and end" in text
    assert sum(one.one_shot for one in services) == 2


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) > 190
