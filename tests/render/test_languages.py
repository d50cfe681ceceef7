"""German is complete, and says the same as English: the same commands, links and numbers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from midwatch.render.language import beside, language_of
from midwatch.render.loader import halves
from midwatch.render.tree import render
from tests.conftest import ROOT, make_spec

STACK = ROOT / "blueprints" / "stack"
ALERTS = [path for path in sorted(STACK.glob("*/alerts/*.md")) if language_of(path) == "en"]
PAGES = [
    path
    for path in sorted((STACK / "_stack" / "runbooks").glob("*.md.jinja"))
    # the readiness page is the card of the project's folder, in the language that it has there
    if language_of(path) == "en" and not path.name.startswith(("__", "readiness"))
]
TRANSLATED = [path for path in [*ALERTS, *PAGES] if beside(path, "de").exists()]
SECTIONS = [
    "Was zu sehen ist",
    "Was es bedeutet",
    "Prüfen",
    "Beheben",
    "Erfolg prüfen",
    "Eskalieren",
    "Vorbeugen",
]
APPS = [{"name": "shop", "port": 3000, "health": "/health", "network": "shop_default", "redis": True}]


def name(path: Path) -> str:
    return path.relative_to(STACK).as_posix()


def blocks(text: str) -> list[str]:
    """The commands; a block of prose (the form of a post-mortem) is translated."""
    found = re.findall(r"^ *```.*?^ *```$", text, re.S | re.M)
    return [block for block in found if not block.startswith("```markdown")]


def placeholders(text: str) -> Counter[str]:
    """What is filled in; a literal of several words inside it is translated."""

    def blanked(expression: str) -> str:
        return re.sub(r'"[^"]*"', lambda found: '"…"' if " " in found[0] else found[0], expression)

    return Counter(map(blanked, re.findall(r"\[\[.*?\]\]", text)))


def test_no_german_page_without_an_english_one() -> None:
    assert TRANSLATED
    assert set(STACK.rglob("*.de.md*")) <= {beside(path, "de") for path in [*ALERTS, *PAGES]}


def test_german_is_complete() -> None:
    assert [name(path) for path in [*ALERTS, *PAGES] if path not in TRANSLATED] == []


@pytest.mark.parametrize("path", TRANSLATED, ids=name)
def test_the_same_commands_links_and_numbers(path: Path) -> None:
    english, german = path.read_text(encoding="utf-8"), beside(path, "de").read_text(encoding="utf-8")
    if path in ALERTS:
        english, german = (halves(text, path.name)["body"] for text in (english, german))
        assert re.findall(r"^## (.+)$", german, re.M) == SECTIONS
    assert blocks(german) == blocks(english)
    assert placeholders(german) == placeholders(english)
    links = r"\]\(([^)#]+)[^)]*\)"
    assert sorted(re.findall(links, german)) == sorted(re.findall(links, english))
    assert len(re.findall(r"^\d+\. ", german, re.M)) == len(re.findall(r"^\d+\. ", english, re.M))


@pytest.mark.parametrize("path", [path for path in TRANSLATED if path in ALERTS], ids=name)
def test_the_german_front_matter_holds_the_texts_alone(path: Path) -> None:
    front = halves(beside(path, "de").read_text(encoding="utf-8"), path.name)["front"]
    keys = set(re.findall(r"^(\w+):", front, re.M))
    english = set(re.findall(r"^(\w+):", halves(path.read_text(encoding="utf-8"), path.name)["front"], re.M))
    assert keys == english & {"summary", "impact", "action", "description"}


def test_a_german_stack_has_the_same_files_and_rules() -> None:
    english = render(make_spec(apps=APPS))
    german = render(make_spec(apps=APPS, runbooks={"language": "de"}))
    assert sorted(german) == sorted(english)
    assert "## Beheben" in german["runbooks/RedisDown.md"].data.decode()
    yaml = YAML(typ="safe", pure=True)
    translated = {path.stem for path in TRANSLATED}
    for path in (path for path in english if path.startswith("prometheus/rules/")):
        ours, theirs = (yaml.load(tree[path].data)["groups"][0]["rules"] for tree in (english, german))
        for one, other in zip(ours, theirs, strict=True):
            if one["alert"] in translated:
                assert one["annotations"]["impact"] != other["annotations"]["impact"], other["alert"]
            assert {**one, "annotations": None} == {**other, "annotations": None}
