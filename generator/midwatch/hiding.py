"""Which part of a value or a text is a secret: one decision for everything that is shown or printed as JSON.

It hides what a name tells (``password: …``, ``DB_PASSWORD=…``, ``--requirepass …``) and what its own form tells (a
webhook's address, a password in an address). Rather too much than too little: it is only shown, never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

HIDDEN = "(hidden)"
_WORDS = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|(?:api|access|private|routing|secret|service)_?key|api_url"
    r"|credentials?|masterauth|cli_auth)"
)
_NAME = re.compile(rf"{_WORDS}(?: value)?(?: #\d+)?$", re.I)
"""Also as the merge names the word after a flag, and the second of two."""
_HARMLESS = re.compile(
    r"\$\w+|\$\{\w+(?::?\?[^}]*)?\}|\$\(.*|/run/secrets/[\w.-]+|true|false|null|none|~|[|>][-+0-9]*|", re.I
)
"""Where a secret comes from, and what is none. Not ``${PASSWORD:-hunter2}``, whose default is one."""
_FORMS = tuple(
    re.compile(rf"(?P<head>{head})(?P<value>{value})")
    for head, value in (
        (r"\b[a-z][a-z0-9+]*://[^\s:/@]*:", r"[^\s@/]+(?=@)"),
        (r"https://hooks\.slack\.com/services/", r"[^\s\"']+"),
        (r"\bBearer\s+", r"[A-Za-z0-9_.~+/-]{16,}=*"),
        (r"\b(?:xox[abprs]-|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA)", r"[\w-]{16,}"),
    )
)
_KEY = rf"""(?P<quote>["']?)(?P<key>[\w.-]*{_WORDS})"""
_QUOTED = r""""(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?"""
_NAMED = tuple(
    re.compile(f"(?P<head>{head})(?P<value>{_QUOTED}|{value})", re.I)
    for head, value in (
        # key: value, and requirepass value
        (rf"^\s*(?:- +)*{_KEY}(?P=quote) *:(?: +[&!]\S+)* +", r"(?![{\[]).+?(?=\s+\#|\s*$)"),
        (r"^\s*(?:requirepass|masterauth)\s+", r".+?(?=\s*$)"),
        # {key: value}
        (rf"(?:(?<!\$){{|,)\s*{_KEY}(?P=quote)\s*:(?=[\s\"'])\s*", r"(?![{\[])[^,}\]]+?(?=\s*[,}\]]|\s*$)"),
        # - KEY=value
        (r"^\s*(?:- +|export +)*" + _KEY + "=", r".+?(?=(?P=quote)(?:\s+\#|\s*$)|\s+\#)"),
        # "KEY=value", and --key=value within more
        (rf"[\s\[{{,;(]{_KEY}(?P=quote)\s*=\s*", r"[^\s,\]\"']+"),
        (rf"[\"']{_KEY.replace('quote', 'none')}=", r"[^\"']+"),
        # --key value, and "--key", "value"
        (rf"(?<![\w-])(?:--?[\w.-]*{_WORDS}|(?<=redis-cli )-a)[\"']?(?:\s*,\s*|\s+)(?!-)", r"[^\s,\]\"']+"),
    )
)
_SCALAR = re.compile(rf"""^(?P<indent>\s*(?:- +)*)["']?[\w.-]*{_WORDS}["']? *:(?= |$)(?! +[{{\[])(?P<rest>.*)$""", re.I)
_NESTED = re.compile(r"\s*(?:- |\#|[^\s#].*?:(?: |$))")
_FLAG = re.compile(rf"""^\s*- +["']?--?[\w.-]*{_WORDS}["']?\s*$""", re.I)
_ITEM = re.compile(r"^(?P<head>\s*- +)(?P<value>[^\s-].*)$")


def is_secret(name: object, value: Any = None) -> bool:
    """Whether what bears this name is a secret; not what only says where the secret is."""
    return bool(_NAME.search(str(name))) and not _harmless(str(value))


def value(data: Any, name: object = "") -> Any:
    """Plain data with what is a secret hidden; ``name`` is the key that it stands under."""
    if isinstance(data, dict):
        return {str(key): value(item, key) for key, item in data.items()}
    if isinstance(data, list):
        # A flag and its value are two words.
        flags = ["", *(item if isinstance(item, str) and item.startswith("-") else "" for item in data)]
        client = any(str(item).endswith("redis-cli") for item in data)
        return [
            value(item, "password" if client and flag == "-a" else "" if "=" in flag else flag)
            for flag, item in zip(flags, data, strict=False)
        ]
    if data is None or isinstance(data, bool):
        return data
    if name and is_secret(name, data):
        return HIDDEN
    return text(data) if isinstance(data, str) else data


def text(said: str) -> str:
    """A text of one line or of many, with what is a secret hidden; it keeps its number of lines."""
    return "\n".join(lines(said.split("\n")))


def lines(said: Sequence[str]) -> list[str]:
    """The same for the lines of a file, or of a part of one."""
    return list(_lines(said))


def form(said: str) -> str:
    """The text without what tells itself to be a secret, whatever its name: for sentences, where no key is a key."""
    for pattern in _FORMS:
        said = pattern.sub(_covered, said)
    return said


def _lines(said: Sequence[str]) -> Iterator[str]:
    below: int | None = None  # Column of a key whose value goes on below it,
    bare = False  # of which nothing has been seen yet, so that it may be a mapping.
    flag = False  # Whether a flag was the last item.
    for line in said:
        indent = len(line) - len(line.lstrip())
        inside = below is not None and line.strip() and indent > below
        if inside and bare and _NESTED.match(line):
            inside, below = False, None
        elif below is not None and line.strip() and not inside:
            below = None
        if inside:
            bare = False
            yield line[:indent] + HIDDEN
            continue
        if flag and (item := _ITEM.match(line)):
            yield item["head"] + (item["value"] if _harmless(item["value"]) else HIDDEN)
        else:
            yield _line(line)
        flag = bool(_FLAG.match(line))
        if scalar := _SCALAR.match(line):
            below, bare = len(scalar["indent"]), not scalar["rest"].strip()


def _line(line: str) -> str:
    line = form(line)
    for pattern in _NAMED:
        line = pattern.sub(_covered, line)
    return line


def _covered(match: re.Match[str]) -> str:
    return match[0] if _harmless(match["value"]) or HIDDEN in match["value"] else f"{match['head']}{HIDDEN}"


def _harmless(said: str) -> bool:
    return bool(_HARMLESS.fullmatch(said.strip("\"'")))
