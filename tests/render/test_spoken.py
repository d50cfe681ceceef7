"""Durations as people say them."""

from __future__ import annotations

import re

import pytest

from midwatch.render.spoken import human_size, in_words
from midwatch.render.tree import render
from tests.conftest import make_spec


@pytest.mark.parametrize(
    ("seconds", "english", "accusative", "dative"),
    [
        (1, "a second", "eine Sekunde", "einer Sekunde"),
        (90, "90 seconds", "90 Sekunden", "90 Sekunden"),
        (60, "a minute", "eine Minute", "einer Minute"),
        (120, "2 minutes", "2 Minuten", "2 Minuten"),
        (5400, "90 minutes", "90 Minuten", "90 Minuten"),
        (3600, "an hour", "eine Stunde", "einer Stunde"),
        (86400, "a day", "einen Tag", "einem Tag"),
        (15 * 86400, "15 days", "15 Tage", "15 Tagen"),
        (7 * 86400, "a week", "eine Woche", "einer Woche"),
        (28 * 86400, "4 weeks", "4 Wochen", "4 Wochen"),
        (91 * 86400, "91 days", "91 Tage", "91 Tagen"),
        (0, "0 seconds", "0 Sekunden", "0 Sekunden"),
    ],
)
def test_in_words(seconds: int, english: str, accusative: str, dative: str) -> None:
    assert in_words(seconds, "en") == english
    assert (in_words(seconds, "de"), in_words(seconds, "de", "dative")) == (accusative, dative)


def test_the_subject_of_a_sentence() -> None:
    assert in_words(86400, "de", "nominative") == "ein Tag"


def test_numbers_as_the_language_writes_them() -> None:
    tree = {
        language: render(make_spec(runbooks={"language": language}))["READINESS.md"].data.decode()
        for language in ("en", "de")
    }
    for language, text in tree.items():
        cpus = re.findall(r"^\| redis \| \d+ MiB \| (\S+) \|", text, re.M)
        assert cpus and re.fullmatch(r"\d+[.]\d+" if language == "en" else r"\d+,\d+", cpus[0])
    assert human_size(269252) == "263 KiB" and human_size(300 * 1024**2) == "300 MiB"


def test_german_pages_have_no_durations_of_prometheus_in_their_sentences() -> None:
    """Commands, configuration and what the reader has to type keep them."""
    tree = render(make_spec(runbooks={"language": "de"}))
    for path, file in tree.items():
        if not path.startswith("runbooks/"):
            continue
        prose = re.sub(r"```.*?```|`[^`]*`", "", file.data.decode(), flags=re.S)
        assert re.findall(r"\b(?:seit|alle|innerhalb von|RPO von|älter als) \d+[dwhms]\b", prose) == [], path
        assert re.findall(r"\b\d{4,}B\b|\b\d+\.\d+ ?%|innerhalb 1 ", prose) == [], path
