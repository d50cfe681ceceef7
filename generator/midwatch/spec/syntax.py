"""The YAML reader's complaints in plain words, at the place where a person has to look."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from midwatch.errors import Problem

_WORDS = (
    (
        "mapping values are not allowed",
        "a ':' makes no sense here",
        "quote text that holds ': ', or check the indentation",
    ),
    ("could not find expected ':'", "a key without a ':'", "write `key: value`, and check that quotes are closed"),
    ("found unexpected end of stream", "a quote is opened and never closed", ""),
    ("expected ',' or", "a ',' or a closing bracket is missing", ""),
    (
        "found unknown escape character",
        "an unknown backslash sequence in double quotes",
        "double the backslash, or use single quotes",
    ),
    (
        "expected <block end>",
        "the indentation does not fit the lines above",
        "entries of one group begin in one column",
    ),
    (
        "did not find expected key",
        "the indentation does not fit the lines above",
        "entries of one group begin in one column",
    ),
    ("sequence entries are not allowed", "a '- ' makes no sense here", "begin a list in a line of its own"),
    ("cannot start any token", "a value cannot begin with this sign", "put the value in quotes"),
    ("expected alphabetic or numeric", "an anchor or alias needs a name", "quote text that begins with & or *"),
)


def problem(error: YAMLError, text: str, file: str) -> Problem:
    """One problem for what stopped the reader."""
    if not isinstance(error, MarkedYAMLError):
        return Problem(f"is not YAML: {str(error).splitlines()[0][:200] if str(error) else 'unreadable'}", file)
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    tab = _tab(text, line)
    if tab:
        return Problem("a tab is used for indentation", file, line, tab, hint="YAML takes spaces only")
    complaint = f"{error.problem or ''} {error.context or ''}"
    for words, message, hint in _WORDS:
        if words in complaint:
            if "end of stream" in words and error.context_mark:
                line, column = error.context_mark.line + 1, error.context_mark.column + 1
            return Problem(message, file, line, column, hint=hint)
    return Problem(f"is not YAML: {complaint.strip()[:200]}", file, line, column)


def _tab(text: str, line: int) -> int:
    """Column of the first tab in the indentation of a line (from 1), 0 if there is none."""
    lines = re.split(r"\r\n|\r|\n", text)
    indentation = re.match(r"[ ]*(\t?)", lines[line - 1]) if 0 < line <= len(lines) else None
    return indentation.end() if indentation and indentation[1] else 0
