"""Sizes as Docker reads them, durations as Prometheus reads them."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.spec.quantity import format_duration, format_size, parse_duration, parse_size, readable_size
from tests.spec import originals

KI, MI, GI = 1024, 1024**2, 1024**3
SIZES = {
    "0": 0, "5": 5, "5b": 5, "5B": 5, "1k": KI, "1K": KI, "1kb": KI, "1KB": KI, "1kib": KI, "1KiB": KI, "512m": 512 * MI,
    "512MB": 512 * MI, "512MiB": 512 * MI, "1.5g": 3 * GI // 2, "1.9k": 1945, ".5k": 512, "5.k": 5120, "00012k": 12 * KI,
    "2t": 2 * 1024**4, "8pb": 8 * 1024**5, "5 mb": 5 * MI, "5 ": 5, "+5": 5, "1e3": 1000, "1e-3m": 1048, "1_000": 1000,
    "0x1p10": 1024, "0x1.8p4k": 24 * KI, "1e1_0": 10**10, "9e18": 9 * 10**18,
}  # fmt: skip
BAD_SIZES = [
    "", " ", "k", "mb", " 5", "5  mb", "5\tk", "5bb", "5ki", "5eb", "5kk", "1__0", "1_", "_1", "0x10", "5m b", "1,5g", "5 m ",
    "lots", "-1", "-5m", "-0.5", "NaN", "5\n", "5m\n",
]  # fmt: skip
DURATIONS = {
    "0": 0, "0s": 0, "30s": 30, "1m": 60, "1h30m": 5400, "1d": 86400, "7d": 604800, "2w": 1209600, "1y": 31536000,
    "1y2w3d4h5m6s": 31536000 + 14 * 86400 + 3 * 86400 + 4 * 3600 + 5 * 60 + 6, "90m": 5400, "1000ms": 1, "1s1000ms": 2,
    "007d": 604800, "292y": 292 * 31536000,
}  # fmt: skip
BAD_DURATIONS = [
    "", " ", "s", "1", "30", "1.5h", "5m1h", "1m1m", "1h 30m", " 5m", "5m ", "-5m", "+5m", "5M", "5min", "1us", "5m\n", "293y",
    "99999999999999999999y", "1_0s", "٣d",
]  # fmt: skip


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", BAD_SIZES)
def test_bad_sizes_say_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"512MiB|negative"):
        parse_size(text)


@pytest.mark.parametrize("value", [True, False, None, 1.5, [], {}, b"5m"])
def test_a_size_is_text_or_a_whole_number(value: object) -> None:
    with pytest.raises(ValueError, match="must be a size"):
        parse_size(value)


def test_sizes_have_the_limits_of_docker() -> None:
    assert parse_size(2**63 - 1) == 2**63 - 1
    for absurd in (2**63, "8192p", "1e30", "1e400", "9" * 400):
        with pytest.raises(ValueError, match="8 EiB"):
            parse_size(absurd)
    with pytest.raises(ValueError, match="negative"):
        parse_size(-1)


# Compose itself takes -1 (no limit) before go-units sees it; a size it is not.
@pytest.mark.parametrize("text", [text for text in (*SIZES, *BAD_SIZES) if text != "-1"])
def test_docker_reads_the_same_size(text: str) -> None:
    theirs = originals.docker_size(text)
    try:
        ours: int | None = parse_size(text)
    except ValueError:
        ours = None
    assert ours == theirs


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1, "1B"), (1000, "1000B"), (1024, "1KiB"), (1536 * MI, "1536MiB"), (512 * MI, "512MiB"), (8 * GI, "8GiB"),
     (1024**4, "1TiB"), (2048 * 1024**4, "2PiB"), (GI + 1, "1073741825B")],
)  # fmt: skip
def test_sizes_are_written_short_and_exact(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1000, "1000B"), (1536 * MI, "1.5GiB"), (1088 * MI, "1088MiB"), (512 * MI, "512MiB"), (8 * GI, "8GiB"),
     (GI + 1, "1GiB"), (59823 * MI, "58.42GiB"), (104873592 * MI, "100TiB"), (5 * 1024**4 // 4, "1.25TiB")],
)  # fmt: skip
def test_sizes_are_shown_short(size: int, text: str) -> None:
    assert readable_size(size) == text


# Docker reads through a 64-bit float: above 2^53 of a unit it is not exact, and neither are we.
@given(st.integers(0, 2**53), st.sampled_from([1, 1024, 1024**2]))
def test_sizes_survive_the_round_trip(count: int, unit: int) -> None:
    size = min(count * unit, 2**62) if count * unit <= 2**62 else (count % 1024) * unit
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items())
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", BAD_DURATIONS)
def test_bad_durations_say_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"1h30m|unit|292 years"):
        parse_duration(text)


def test_durations_are_whole_seconds() -> None:
    for text in ("1ms", "1500ms", "1s1ms"):
        with pytest.raises(ValueError, match="whole seconds"):
            parse_duration(text)


def test_a_bare_number_asks_for_its_unit() -> None:
    for value in (30, "30"):
        with pytest.raises(ValueError, match="needs a unit: 30s, 30m, 30h or 30d"):
            parse_duration(value)
    assert parse_duration(0) == 0


@pytest.mark.parametrize("value", [True, False, None, [], {}, 0.0, -5, 1.5])
def test_a_duration_is_text(value: object) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(value)


def test_thousands_of_digits_are_an_error_like_any_other() -> None:
    with pytest.raises(ValueError, match="292 years"):
        parse_duration("9" * 5000 + "d")
    assert parse_duration("0" * 5000 + "1d") == 86400


def test_prometheus_takes_the_same_durations(tmp_path: Path) -> None:
    # A rule without `for` is as good as one with an empty one, and promtool trims nothing: both are compared above.
    texts = [text for text in (*DURATIONS, *BAD_DURATIONS) if text]
    theirs = originals.promtool_takes_for(texts, tmp_path)
    assert {text for text, taken in theirs.items() if taken} == set(DURATIONS)


@pytest.mark.parametrize(
    "seconds", [1, 59, 60, 61, 3600, 5400, 86400, 90 * 86400, 604800, 691200, 31536000, 31536001, 34819200]
)
def test_prometheus_prints_the_same_durations(seconds: int) -> None:
    printed = originals.promtool_formats(f"up[{seconds}s]")
    assert printed == f"up[{format_duration(seconds)}]"


def test_durations_as_prometheus_prints_them() -> None:
    printed = {
        0: "0s",
        1: "1s",
        60: "1m",
        5400: "1h30m",
        604800: "1w",
        90 * 86400: "90d",
        365 * 86400: "1y",
        86461: "1d1m1s",
    }
    assert {seconds: format_duration(seconds) for seconds in printed} == printed


@given(st.integers(0, 9_223_372_036))
def test_durations_survive_the_round_trip(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.text(max_size=40) | st.text("0123456789.+-_eExXpPkKmMgGtTbBiIywdhs ", max_size=20))
def test_no_text_raises_anything_else(text: str) -> None:
    for parse in (parse_size, parse_duration):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert str(error)
