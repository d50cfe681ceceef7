"""The line `- Good: …` of a runbook, held against the output of the commands above it.

It begins with what the output shows when all is well, in one of these forms; what comes after a full stop, semicolon or
colon is for people alone, and so is what stands in brackets.

    no line                               the output is empty
    no line with `x` or `y`               nothing of it is in the output
    `x`, `y` and `z`                      all of it is; `…` stands for anything, a number for the values of a query
    every service `x` or `y`              each line below the heading has one of them (also: every line, both)
    below 0.9                             each value of the query is (less than, above, more than, at least, at most)
    `Use%` below 90                       each number in that column is, or on the lines with that text
    …, or …    …, and …                   one of them; all of them (what then has no form is for people)

German in the same way: keine Zeile (mit), jeder Dienst, beide, unter, weniger als, über, mehr als, mindestens,
höchstens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPAN = re.compile(r"`([^`]+)`")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
HOLDS = {"<": float.__lt__, ">": float.__gt__, ">=": float.__ge__, "<=": float.__le__}


@dataclass(frozen=True, slots=True)
class _Words:
    none: str
    every: re.Pattern[str]
    compare: dict[str, str]
    also: str
    otherwise: str


_LANGUAGES = {
    "en": _Words(
        "no line",
        re.compile(r"(?:every|each|both|all)\b"),
        {"below": "<", "less than": "<", "above": ">", "more than": ">", "at least": ">=", "at most": "<="},
        ", and ",
        ", or ",
    ),
    "de": _Words(
        "keine Zeile",
        re.compile(r"(?:jede[rs]?|beide|alle)\b"),
        {"unter": "<", "weniger als": "<", "über": ">", "mehr als": ">", "mindestens": ">=", "höchstens": "<="},
        ", und ",
        ", oder ",
    ),
}


class FormError(ValueError):
    """A promise, or a section, is not in the form; says which and why."""


def understood(good: str, language: str) -> None:
    """Raises FormError for a promise in none of the forms."""
    wrong(good, "", language)


def wrong(good: str, output: str, language: str) -> str:
    """What in the output is not as promised; empty when all is. Raises FormError for a promise in none of the forms."""
    words, problems = _LANGUAGES[language], []
    for number, option in enumerate(counts(good).split(words.otherwise)):
        first, *rest = option.split(words.also)
        if number and not _has_form(first, words):
            continue
        parts = [first, *(one for one in rest if _has_form(one, words))]
        problems.append("; ".join(filter(None, (_part(one, output, words) for one in parts))))
    return "" if "" in problems else " | ".join(problems)


def counts(good: str) -> str:
    """The part of a promise that counts: without what is in brackets, up to the first full stop, semicolon or colon."""
    spans = _SPAN.findall(good)
    masked = _SPAN.sub("`\0`", good)
    masked = re.sub(r"\s\([^)]*\)", "", masked)
    masked = re.split(r"[.;:](?:\s|$)", masked)[0]
    return re.sub("\0", lambda _: spans.pop(0), masked)


def _comparison(part: str, words: _Words) -> tuple[str, str, float] | None:
    """(column or empty, sign, bound) of a comparison."""
    word = "|".join(words.compare)
    found = re.match(rf"(?:`([^`]+)`[^`]*?\s)?({word}) (\S+?)(?=[,.;:]?(?:\s|$))", part)
    if not found:
        return None
    number = found[3].replace(",", ".") if words is _LANGUAGES["de"] else found[3]
    bound = size(number)
    if bound is None:
        raise FormError(f"'{number}' is no number")
    return found[1] or "", words.compare[found[2]], bound


def _has_form(part: str, words: _Words) -> bool:
    return bool(_SPAN.search(part) or part.startswith(words.none) or _comparison(part, words))


def _part(part: str, output: str, words: _Words) -> str:
    spans, lines = _SPAN.findall(part), [line for line in output.splitlines() if line.strip()]
    if part.startswith(words.none):
        if not spans:
            return f"there is a line: {lines[0]}" if lines else ""
        return "; ".join(f"there is a line with {span}" for span in spans if pattern(span).search(output))
    if comparison := _comparison(part, words):
        return _compare(*comparison, lines)
    if spans and words.every.match(part):
        body = [line for line in lines if not re.match(r"(?:NAME|CONTAINER ID|STORE)\b", line)]
        bad = [line for line in body if not any(pattern(span).search(line) for span in spans)]
        return "" if body and not bad else f"not so: {bad[0] if bad else 'there is no line'}"
    if not spans or re.search(rf"\b(?:{'|'.join(words.compare)}) \d", part):
        raise FormError(f"'{part}': in none of the forms that tests/lab/runbook_promise.py lists")
    return "; ".join(f"{span} is not there" for span in spans if not _shows(span, output))


def _shows(span: str, output: str) -> bool:
    if _NUMBER.fullmatch(span):
        values = values_of(output.splitlines())
        return bool(values) and all(value == float(span) for value in values)
    return bool(pattern(span).search(output))


def pattern(span: str) -> re.Pattern[str]:
    """A text in which … stands for anything on the same line."""
    return re.compile(".*?".join(re.escape(piece.strip()) for piece in span.split("…")))


def _compare(name: str, sign: str, bound: float, lines: list[str]) -> str:
    values = column(lines, name) if name else values_of(lines)
    bad = [value for value in values if not HOLDS[sign](value, bound)]
    if not values:
        return f"there is no value{' of ' + name if name else ''}"
    return f"not {sign} {bound:g}: {bad[0]:g}" if bad else ""


def values_of(lines: list[str]) -> list[float]:
    """The values of a query's result as promtool prints them; else the first number or size of each line."""
    told = [float(shown[1]) for line in lines if (shown := re.search(r"=> (\S+) @\[", line))]
    if told:
        return told
    return [value for line in lines if line.strip() and (value := size(line.split()[0])) is not None]


def column(lines: list[str], name: str) -> list[float]:
    """The numbers of a table's column; where there is no such column, the first number on each line with that text."""
    heading = lines[0].strip() if lines else ""
    by = r"\s{2,}" if name in re.split(r"\s{2,}", heading) else r"\s+"
    heads = re.split(by, heading)
    rows = [re.split(by, line.strip()) for line in lines]
    if name in heads and size(heads[0]) is None:
        place = heads.index(name)
        cells = [row[place] for row in rows[1:] if len(row) > place]
    else:
        cells = [row[0] for row in rows if name in row]
    return [value for value in map(size, cells) if value is not None]


def size(text: str) -> float | None:
    """A number, with or without a unit of sizes or %."""
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:%|([KMGT])i?B?|B)?", text)
    return float(found[1]) * _UNITS.get(found[2] or "", 1) if found else None
