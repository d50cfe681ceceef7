"""Sizes as Docker reads them and durations as Prometheus reads them, both ways.

The grammars are those of ``RAMInBytes`` (docker/go-units) and ``model.ParseDuration`` (prometheus/common); the tests
compare
with the real programs. Every error says what is accepted.
"""

from __future__ import annotations

import re

from midwatch.spec.cron import parse_cron
from midwatch.spec.shown import shown

__all__ = ["format_duration", "format_size", "parse_cron", "parse_duration", "parse_size", "readable_size"]

_INT64_MAX = 2**63 - 1
_SIZE_UNITS = {"": 1, "b": 1} | {letter: 1024**power for power, letter in enumerate("kmgtp", start=1)}
_SIZE_NAMES = ((1024**5, "PiB"), (1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "B"))
# A Go floating-point literal (decimal with optional exponent, or hexadecimal with a binary one), one optional
# space, a unit.
_DIGITS, _HEX = r"[0-9]+(?:_[0-9]+)*", r"[0-9a-f]+(?:_[0-9a-f]+)*"
_SIZE = re.compile(
    rf"(?P<number>[+-]?(?:0x_?(?:{_HEX}\.?(?:{_HEX})?|\.{_HEX})p[+-]?{_DIGITS}"
    rf"|(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:e[+-]?{_DIGITS})?))"
    r" ?(?P<unit>b|[kmgtp](?:i?b)?)?",
    re.ASCII | re.IGNORECASE,
)
_SIZE_ACCEPTED = "must be a size such as 512MiB, 1.5g or 2GiB (units b, k, m, g, t, p, each step 1024)"

_DURATION_UNITS = {"y": 31536000000, "w": 604800000, "d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}
_DURATION = re.compile("".join(rf"(?:([0-9]+){unit})?" for unit in _DURATION_UNITS), re.ASCII)
_DURATION_ACCEPTED = "must be a duration such as 30s, 1h30m or 7d (units y, w, d, h, m, s, ms in that order)"


def _number(text: str) -> float:
    plain = text.replace("_", "").lower()
    return float.fromhex(plain) if "x" in plain else float(plain)


def parse_size(value: object) -> int:
    """Bytes, as Docker reads them: ``512m``, ``512MB`` and ``512MiB`` are all 512 * 1024 * 1024; a bare number is
    bytes.

    Like Docker it goes through a 64-bit float, so fractions are cut and sizes above 8 PiB may be off by some bytes.
    Raises ValueError for anything else, for a negative size and for one that does not fit into 63 bits.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{_SIZE_ACCEPTED}, not {shown(value)}")
    if isinstance(value, int):
        size: float = value
    else:
        match = _SIZE.fullmatch(value)
        if not match:
            raise ValueError(f"{_SIZE_ACCEPTED}, not {shown(value)}")
        try:
            size = _number(match["number"]) * _SIZE_UNITS[(match["unit"] or "").lower()[:1]]
        except OverflowError:
            size = float("inf")
    if size < 0:
        raise ValueError(f"must not be negative: {shown(value)}")
    if size > _INT64_MAX:
        raise ValueError(f"is larger than any computer can count (8 EiB): {shown(value)}")
    return int(size)


def format_size(size: int) -> str:
    """The shortest exact form: ``512MiB``, ``1536MiB``, ``8GiB``, ``1000B``."""
    for factor, unit in _SIZE_NAMES:
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return "0B"


def readable_size(size: int) -> str:
    """For people, never for a file: exact where that is short (``1.5GiB``, ``1088MiB``), else four digits of it
    (``100.5TiB``)."""
    exact = format_size(size)
    factor, unit = next(((factor, unit) for factor, unit in _SIZE_NAMES if size >= factor), (1, "B"))
    if size * 100 % factor == 0:
        return f"{size / factor:.6g}{unit}"
    return exact if len(exact.rstrip("iBKMGTP")) <= 4 else f"{size / factor:.4g}{unit}"


def parse_duration(value: object) -> int:
    """Seconds, as Prometheus reads them: ``1h30m``, ``7d``, ``2w`` (a year is 365 days); ``0`` needs no unit.

    Raises ValueError for anything else, for fractions of a second and for more than 292 years.
    """
    if value == "0" or (value == 0 and isinstance(value, int) and not isinstance(value, bool)):
        return 0
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError(f"{_DURATION_ACCEPTED}, not {shown(value)}")
    if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        raise ValueError(f"needs a unit: {text}s, {text}m, {text}h or {text}d?")
    match = _DURATION.fullmatch(text)
    if not text or not match:
        raise ValueError(f"{_DURATION_ACCEPTED}, not {shown(value)}")
    # Digits beyond 20 cannot fit anyway; cutting them keeps int() from refusing thousands of digits.
    parts = (int(digits[-20:]) if len(digits.lstrip("0")) <= 20 else _INT64_MAX for digits in _filled(match))
    total = sum(part * unit for part, unit in zip(parts, _DURATION_UNITS.values(), strict=True))
    if total > _INT64_MAX // 10**6:
        raise ValueError(f"is longer than Prometheus can count (292 years): {shown(value)}")
    if total % 1000:
        raise ValueError(f"must be whole seconds, not {shown(value)}")
    return total // 1000


def _filled(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(digits or "0" for digits in match.groups())


def format_duration(seconds: int) -> str:
    """As Prometheus prints it: years and weeks only where they come out even (``90d``, ``1w``, ``1h30m``)."""
    rest, parts = seconds * 1000, []
    for unit, factor in _DURATION_UNITS.items():
        if unit in ("y", "w") and rest % factor:
            continue
        if rest >= factor:
            parts.append(f"{rest // factor}{unit}")
            rest %= factor
    return "".join(parts) or "0s"
