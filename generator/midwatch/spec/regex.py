"""Checks that a regular expression means the same to RE2 (Go, the collector) as to the person who wrote it.

Takes the part that RE2, Go's regexp and Python's re share: literals, classes, groups, alternation, repetition, anchors.
What only one of them knows is refused by name. Python's own compiler then judges the structure.
"""

from __future__ import annotations

import re
import warnings

from midwatch.spec.shown import shown

_LONGEST = 500
_MOST_REPEATS = 1000
_ESCAPE = r"\\(?:x[0-9A-Fa-f]{2}|[dDwWsStnrfv]|[ -/:-@\[-`{-~])"
_PART = re.compile(
    rf"(?P<atom>{_ESCAPE}|\\[bB]|\[\^?\]?(?:{_ESCAPE}|[^\\\[\]])*\]|[^\\\[\]{{}}()|*+?])"
    r"|(?P<open>\((?:\?(?:P<[A-Za-z_][A-Za-z0-9_]*>|[ims]*:|[ims]+(?=\))))?)"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)"
)
_ONLY_ELSEWHERE = (
    (r"\(\?<?[=!]", "lookaround such as (?=…)"),
    (r"\\[1-9]|\(\?P=|\\k", "backreferences such as \\1"),
    (r"\(\?>|(?:[*+?]|\})\+", "possessive and atomic groups"),
    (r"\(\?\(", "conditional groups"),
    (r"\(\?#", "comments"),
    (r"\\[A-Za-z]", "escapes such as \\A, \\Z, \\p{L} and \\u1234"),
    (r"\[\[?:", "classes such as [[:alpha:]]"),
    (r"[\[\]{}]", "a bare [, ], { or }: literal ones take a backslash"),
)


def re2_pattern(text: str) -> str:
    """The expression unchanged; ValueError when RE2 would refuse it, or read it differently.

    Quotes and control characters are refused because the expression is put into quoted strings; ``\\x22`` and ``\\t``
    stand for them. So is one that matches the empty text: it would match between any two characters.
    """
    if not text or len(text) > _LONGEST:
        raise ValueError(f"must be a regular expression of 1 to {_LONGEST} characters, not {len(text)}")
    if not text.isprintable() or any(quote in text for quote in "\"'`"):
        message = "must not hold quotes or control characters; write \\x22 for \", \\x27 for ' and \\x60 for `"
        raise ValueError(f"{message}: {shown(text)}")
    _check_parts(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"is not a regular expression that RE2 takes: {error}: {shown(text)}") from None
    if compiled.match(""):
        raise ValueError(f"must not match the empty text, it would match everywhere: {shown(text)}")
    return text


def _check_parts(text: str) -> None:
    """ValueError at the first part that is not shared."""
    position, before, largest = 0, "open", 1
    while position < len(text):
        part = _PART.match(text, position)
        if not part:
            raise _complaint(text)
        kind = str(part.lastgroup)
        if kind == "repeat":
            if before not in ("atom", "close"):
                raise _complaint(text)
            largest = _repeats(text, part[0], largest if before == "close" else 1, largest)
        position, before = part.end(), kind


def _complaint(text: str) -> ValueError:
    for pattern, what in _ONLY_ELSEWHERE:
        if re.search(pattern, text):
            return ValueError(f"must be an expression that RE2 takes, without {what}: {shown(text)}")
    return ValueError(f"is not a regular expression that RE2 takes: {shown(text)}")


def _repeats(text: str, repeat: str, inside: int, largest: int) -> int:
    """The largest count so far. RE2 multiplies those of nested repetitions; to take any earlier one as nested is
    safe."""
    counts = [min(int(count[:9]), _MOST_REPEATS + 1) for count in re.findall("[0-9]+", repeat)]
    total = max([1, *counts]) * inside
    if total > _MOST_REPEATS:
        message = f"must not repeat anything more than {_MOST_REPEATS} times, nested ones multiplied (RE2's limit)"
        raise ValueError(f"{message}: {shown(text)}")
    return max(largest, total)
