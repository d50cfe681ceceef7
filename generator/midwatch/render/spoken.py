"""Durations and numbers in a sentence, in the language of the runbooks; configurations have their own notation."""

from __future__ import annotations

import re

from jinja2 import pass_context
from jinja2.runtime import Context

_UNITS = {"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""Seconds of each."""
_WEEKS_UP_TO = 4
_MIB = 1024**2
_GERMAN = {"week": "Woche", "day": "Tag", "hour": "Stunde", "minute": "Minute", "second": "Sekunde"}
_ONE_TAG = {"nominative": "ein", "accusative": "einen", "dative": "einem"}


def in_words(seconds: int, language: str, case: str = "accusative") -> str:
    """Seconds in the largest unit that comes out even: ``15 minutes``, ``an hour``, ``a week``.

    ``case`` is German grammar: ``seit einem Tag`` is the dative, ``alle 2 Tage`` the accusative.
    """
    unit = next(
        name
        for name, size in _UNITS.items()
        if seconds % size == 0 and (seconds >= size or size == 1) and (name != "week" or seconds <= _WEEKS_UP_TO * size)
    )
    count = seconds // _UNITS[unit]
    if language != "de":
        one = "an" if unit == "hour" else "a"
        return f"{one} {unit}" if count == 1 else f"{count} {unit}s"
    noun = _GERMAN[unit]
    if count == 1:
        article = _ONE_TAG[case] if unit == "day" else "einer" if case == "dative" else "eine"
        return f"{article} {noun}"
    return f"{count} {noun}{('en' if case == 'dative' else 'e') if unit == 'day' else 'n'}"


def often(seconds: int, language: str) -> str:
    """``every day``, ``every 6 hours``."""
    words = in_words(seconds, language)
    one = re.match("(an?|einen|eine) ", words)
    if not one:
        return f"{'alle' if language == 'de' else 'every'} {words}"
    every = {"einen": "jeden", "eine": "jede"}.get(one[1], "every")
    return f"{every} {words.removeprefix(one[0])}"


@pass_context
def spoken(context: Context, seconds: int, case: str = "accusative") -> str:
    """The filter of the templates; the spec says the language."""
    return in_words(int(seconds), context["spec"].runbooks.language, case)


def in_figures(text: str, language: str) -> str:
    """A number as the language writes it: ``0.5`` is ``0,5`` in German."""
    return text.replace(".", ",") if language == "de" else text


@pass_context
def decimal(context: Context, value: float) -> str:
    """A number with at most two decimals."""
    return in_figures(f"{value:.2f}".rstrip("0").rstrip("."), context["spec"].runbooks.language)


@pass_context
def figure(context: Context, value: float) -> str:
    """A number as it is."""
    return in_figures(f"{value:.10g}", context["spec"].runbooks.language)


@pass_context
def human(context: Context, size: float) -> str:
    """Bytes for people."""
    return in_figures(human_size(size), context["spec"].runbooks.language)


@pass_context
def percent(context: Context, value: float) -> str:
    """A ratio for people: ``0.9`` -> ``90 %``."""
    return in_figures(f"{value * 100:g} %", context["spec"].runbooks.language)


_SHORT = ("^([0-9]+d [0-9]+h|[0-9]+h [0-9]+m) .*", "$1"), (" 0[hms]$", "")
_UNITS_OF = {
    "en": (),
    "de": (
        ("[.]", ","), ("([0-9])ms", "$1 ms"), ("^1d", "1 Tag"), ("([0-9])d", "$1 Tage"), ("([0-9])h", "$1 Std."),
        ("([0-9])m( |$)", "$1 Min.$2"), ("([0-9])s$", "$1 s"),
    ),
}  # fmt: skip
SPANS = {
    language: "humanizeDuration" + "".join(f" | reReplaceAll `{old}` `{new}`" for old, new in (*_SHORT, *units))
    for language, units in _UNITS_OF.items()
}
"""What makes of seconds, in Prometheus' templates, a span in a person's words: ``2d 3h``; ``2 Tage 3 Std.``"""


def human_size(size: float) -> str:
    """Bytes for people: ``263 KiB``, ``576 MiB``, ``25.9 GiB``."""
    if size < _MIB:
        return f"{size / 1024:.0f} KiB"
    return f"{size / _MIB:.0f} MiB" if size < 10 * 1024 * _MIB else f"{size / _MIB / 1024:.1f} GiB"
