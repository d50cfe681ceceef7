"""Cron expressions that every cron program reads alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.spec.cron import longest_gap
from midwatch.spec.quantity import parse_cron

HOUR, DAY = 3600, 86400
# Expression -> as it is kept, and the seconds between two runs at the worst.
GOOD = {
    "0 3 * * *": ("0 3 * * *", DAY),
    "  0   3 * *  * ": ("0 3 * * *", DAY),
    "@daily": ("0 0 * * *", DAY),
    "@Midnight": ("0 0 * * *", DAY),
    "@hourly": ("0 * * * *", HOUR),
    "@weekly": ("0 0 * * 0", 7 * DAY),
    "@monthly": ("0 0 1 * *", 31 * DAY),
    "@yearly": ("0 0 1 1 *", 366 * DAY),
    "@annually": ("0 0 1 1 *", 366 * DAY),
    "* * * * *": ("* * * * *", 60),
    "*/15 * * * *": ("*/15 * * * *", 900),
    "5-59/15 * * * *": ("5-59/15 * * * *", 900),
    "*/7 * * * *": ("*/7 * * * *", 420),
    "0 */6 * * *": ("0 */6 * * *", 6 * HOUR),
    "0 9,17 * * *": ("0 9,17 * * *", 16 * HOUR),
    "0 3 * * MON-FRI": ("0 3 * * mon-fri", 3 * DAY),
    "0 3 * * 7": ("0 3 * * 7", 7 * DAY),
    "0 3 * * sun,wed": ("0 3 * * sun,wed", 4 * DAY),
    "0 3 1,15 * *": ("0 3 1,15 * *", 17 * DAY),
    "0 3 29 2 *": ("0 3 29 2 *", 1461 * DAY),
    # Both days given: cron runs on either.
    "0 3 1 * mon": ("0 3 1 * mon", 7 * DAY),
    "0 0 30 2 mon": ("0 0 30 2 mon", 350 * DAY),
    "0 3 */2 * *": ("0 3 */2 * *", 2 * DAY),
}
BAD = {
    "": "five fields",
    "0 3 * *": "five fields",
    "0 0 3 * * *": "five fields",
    "* * * * * * *": "five fields",
    "@reboot": "must be one of",
    "@dayly": "did you mean '@daily'",
    "@every 5m": "must be one of",
    "60 * * * *": "minute: must be 0 to 59",
    "* 24 * * *": "hour: must be 0 to 23",
    "* * 0 * *": "day: must be 1 to 31",
    "* * 32 * *": "day: must be 1 to 31",
    "* * * 13 *": "month: must be 1 to 12 or jan to dec",
    "* * * 0 *": "month",
    "* * * * 8": "weekday: must be 0 to 6",
    "* * * * monday": "weekday",
    "* * * mon *": "month",
    "jan * * * *": "minute",
    "*/0 * * * *": "the step must be 1 to 59",
    "*/60 * * * *": "the step must be 1 to 59",
    "5-1 * * * *": "backwards",
    "5/15 * * * *": "write '5-59/15'",
    "0 0 * * 5-7": "Sunday",
    "0 0 ? * *": "cannot read",
    "0 0 L * *": "cannot read",
    "0 0 * * 5#2": "cannot read",
    "1,,2 * * * *": "cannot read",
    "1, * * * *": "cannot read",
    "-5 * * * *": "cannot read",
    "*,5 * * * *": "alone",
    "0 0 */2 * 1": "disagree",
    "0 0 1 * */2": "disagree",
    "0 0 */2 * */2": "disagree",
    "0 0 30 2 *": "never runs",
    "0 0 31 2,4,6,9,11 *": "never runs",
    "٣ * * * *": "five fields",
    "0 3 * * *; reboot": "five fields",
    "0 3 * * *\n* * * * *": "five fields",
    "1," * 200 + "1 * * * *": "five fields",
}


@pytest.mark.parametrize(("text", "kept", "gap"), [(text, *rest) for text, rest in GOOD.items()])
def test_good_expressions(text: str, kept: str, gap: int) -> None:
    assert parse_cron(text) == kept
    assert parse_cron(kept) == kept
    assert longest_gap(text) == gap


@pytest.mark.parametrize(("text", "says"), BAD.items())
def test_bad_expressions_say_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_cron(text)
    assert says in str(caught.value)


@given(st.text(max_size=30) | st.text("0123456789*/,- @dailymontue", max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        assert parse_cron(parse_cron(text)) == parse_cron(text)
    except ValueError as error:
        assert str(error)
