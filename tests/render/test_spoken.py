"""Durations as people say them."""

from __future__ import annotations

import pytest

from midwatch.render.spoken import in_words


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
