"""The nearest right word."""

from __future__ import annotations

import time

import pytest

from midwatch.spec.suggest import did_you_mean, nearest

WORDS = ("memory", "engine", "webhook_secret", "production", "development")


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("memroy", "memory"),
        ("Memory", "memory"),
        ("webhook-secret", "webhook_secret"),
        ("prod", "production"),
        ("dev", "development"),
        ("enginee", "engine"),
        ("zzz", None),
        ("", None),
        ("m", None),
    ],
)
def test_the_nearest_word(word: str, right: str | None) -> None:
    assert nearest(word, WORDS) == right
    assert did_you_mean(word, WORDS) == (f", did you mean '{right}'?" if right else "")


def test_two_words_that_begin_alike_are_no_answer_by_their_beginning() -> None:
    assert nearest("red", ("redis", "redis_exporter")) in (None, "redis")


def test_a_very_long_word_costs_nothing() -> None:
    start = time.perf_counter()
    assert nearest("memory" * 100_000, WORDS) is None
    assert time.perf_counter() - start < 0.5


def test_an_app_cannot_have_the_name_of_a_service_of_the_stack() -> None:
    from midwatch.errors import SpecError
    from midwatch.spec.load import Known, parse

    text = 'name: demo\nalerting: {slack: {channel: "#a"}}\napps:\n  - {name: redis, port: 80}\n'
    with pytest.raises(SpecError) as error:
        parse(text, known=Known(components=frozenset({"redis"})))
    assert [(found.key, found.line) for found in error.value.problems] == [("apps[0].name", 4)]
