"""German is complete, and says the same as English: the same commands, links and numbers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from midwatch.errors import BlueprintError
from midwatch.plan.build import build
from midwatch.plan.catalogue import load
from midwatch.render.language import beside, language_of, speaker
from midwatch.render.loader import halves
from midwatch.render.tree import render
from midwatch.render.words import in_words, read
from tests.conftest import ROOT, make_spec
from tests.stack.ops import parts

STACK = ROOT / "blueprints" / "stack"
ALERTS = [path for path in sorted(STACK.glob("*/alerts/*.md")) if language_of(path) == "en"]
PAGES = [
    path
    for path in sorted((STACK / "_stack").rglob("*.md.jinja"))
    # runbooks/readiness is the card of the project's folder once more, in the language that it has there
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
    """What is filled in; a literal of several words inside it is translated, and German has cases."""

    def blanked(expression: str) -> str:
        expression = re.sub(r'spoken\("(?:nominative|dative)"\)', "spoken", expression)
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


@pytest.mark.parametrize("component", sorted(load(STACK).components))
def test_each_component_has_its_german_words(component: str) -> None:
    """A new component cannot fall back to English in a German message or on the card."""
    english, german = load(STACK).components[component], read(STACK / component / "component.de.yaml")
    pairs = {
        "summary": (english.summary, german.summary),
        "impact": (english.impact, german.impact),
        "memory": (english.memory.why, german.memory),
    }
    volumes = {volume.name: volume for volume in english.volumes}
    secrets = {secret.name: secret.purpose for secret in english.secret_files}
    assert set(german.volumes) == set(volumes)
    assert set(german.exceptions) == set(english.exceptions)
    assert set(german.secrets) == set(secrets)
    pairs |= {f"{name} why": (volumes[name].why, own.why) for name, own in german.volumes.items()}
    pairs |= {f"{name} backup": (volumes[name].backup, own.backup) for name, own in german.volumes.items()}
    pairs |= {name: (english.exceptions[name], own) for name, own in german.exceptions.items()}
    pairs |= {name: (secrets[name], own) for name, own in german.secrets.items()}
    assert [name for name, (one, other) in pairs.items() if one == other] == []


def test_words_that_are_missing_are_named(tmp_path: Path) -> None:
    plan = build(make_spec())
    with pytest.raises(BlueprintError, match=r"component\.de\.yaml: is missing"):
        in_words(plan, tmp_path, "de")
    first = plan.services[0]
    (tmp_path / first.name).mkdir()
    file = tmp_path / first.name / "component.de.yaml"
    file.write_text("summary: a\nimpact: b\nmemory: c\n")
    read.cache_clear()
    with pytest.raises(BlueprintError, match=r"component\.de\.yaml: says nothing of alertmanager-data"):
        in_words(plan, tmp_path, "de")


def test_a_german_stack_speaks_german() -> None:
    """What a person sees in a message or on the card. Comments in files stay English."""
    english = render(make_spec(apps=APPS))
    german = render(make_spec(apps=APPS, runbooks={"language": "de"}))
    card = german["READINESS.md"].data.decode()
    assert "Die fünf Blocker" in card and "die Append-only-Datei und die RDB-Dumps" in card
    assert "Sessions, Caches oder Warteschlangen" in german["prometheus/rules/container-exporter.yml"].data.decode()
    lines = english["compose.yaml"].data.decode().splitlines()
    assert [line for line in german["compose.yaml"].data.decode().splitlines() if line not in lines] == [
        "      DEADMAN_LANGUAGE: de"
    ]


_ENGLISH = re.compile(
    r"\b(a|an|and|are|but|can|cannot|did|does|for|from|has|have|is|it|its|must|no|not|of|or|that|the|then|there|this|to"
    r"|was|which|why|with|without)\b"
)
_CODE = re.compile(r" == 1'$|\{ (?:print|all)|^'\{\{")
"""PromQL, awk, and what `docker inspect` is to show."""


def english_prose(script: str) -> list[str]:
    """Lines of a shell script, comments left out, that hold English words in quotes, or that are a text of `cat`."""
    found, text = [], False
    for line in script.splitlines():
        if text:
            text = line != "TEXT"
            prose = line if text else ""
        else:
            text = line.endswith("<<'TEXT'")
            words = [] if line.lstrip().startswith("#") else re.findall(r"""'[^']*'|"[^"]*\"""", line)
            # what is within $( … ) is a command, and so is an annotation's name
            bare = [re.sub(r"\$\([^)]*\)", "", word) for word in words]
            prose = " ".join(word for word in bare if not _CODE.search(word))
        if _ENGLISH.search(prose) and re.search(r"[a-z]+ [a-z]+", prose):
            found.append(line.strip())
    return found


def test_ops_speaks_german() -> None:
    """A text in `ops` that is in no `say(en=…, de=…)` stays English: at 3 am it must not."""
    english, german = (
        "".join(parts(render(make_spec(apps=APPS, runbooks={"language": language}))).values())
        for language in ("en", "de")
    )
    assert len(english_prose(english)) > 30
    assert "[[" not in english + german, "a placeholder inside a text of `say` would stay as it is"
    assert sorted(set(english_prose(german)) & set(english_prose(english))) == []
    assert english_prose("printf 'there is no such thing'\n") != []


def test_say_forgets_no_language() -> None:
    with pytest.raises(TypeError, match="de"):
        speaker("en")(en="only English")
