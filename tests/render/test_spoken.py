"""Durations as people say them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from midwatch.render.spoken import SPANS, human_size, in_words, often
from midwatch.render.tree import render
from tests.conftest import make_spec
from tests.stack.programs import needed


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


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (86400, "every day", "jeden Tag"),
        (3600, "every hour", "jede Stunde"),
        (6 * 3600, "every 6 hours", "alle 6 Stunden"),
    ],
)
def test_how_often(seconds: int, english: str, german: str) -> None:
    assert (often(seconds, "en"), often(seconds, "de")) == (english, german)


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


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0.5, "500ms", "500 ms"),
        (2.25, "2.25s", "2,25 s"),
        (59, "59s", "59 s"),
        (60, "1m", "1 Min."),
        (903, "15m 3s", "15 Min. 3 s"),
        (3600, "1h", "1 Std."),
        (3 * 3600 + 59, "3h", "3 Std."),
        (86400 + 7200, "1d 2h", "1 Tag 2 Std."),
        (172800, "2d", "2 Tage"),
        (11 * 86400 + 5, "11d", "11 Tage"),
    ],
)
def test_a_span_that_prometheus_fills_in(seconds: float, english: str, german: str, tmp_path: Path) -> None:
    """By the real promtool."""
    for language, wanted in (("en", english), ("de", german)):
        rule = {"alert": "A", "expr": "x", "annotations": {"span": f"{{{{ $value | {SPANS[language]} }}}}"}}
        expected = {"exp_labels": {}, "exp_annotations": {"span": wanted}}
        case = {"eval_time": "1m", "alertname": "A", "exp_alerts": [expected]}
        test = {"input_series": [{"series": "x", "values": f"{seconds}x9"}], "alert_rule_test": [case]}
        texts = {
            "rules.yml": {"groups": [{"name": "a", "rules": [rule]}]},
            "test.yml": {"rule_files": ["rules.yml"], "tests": [{"interval": "1m", **test}]},
        }
        for name, content in texts.items():
            (tmp_path / name).write_text(json.dumps(content))
        command = [needed("promtool"), "test", "rules", str(tmp_path / "test.yml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
