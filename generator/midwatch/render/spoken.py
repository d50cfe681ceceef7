"""Durations in a sentence, in the language of the runbooks; ``format_duration`` is for configurations."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context

_UNITS = {"week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""Seconds of each."""
_WEEKS_UP_TO = 4
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


@pass_context
def spoken(context: Context, seconds: int, case: str = "accusative") -> str:
    """The filter of the templates; the spec says the language."""
    return in_words(int(seconds), context["spec"].runbooks.language, case)
