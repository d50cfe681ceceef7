"""How a value of the user's is shown inside a message: short, on one line, with nothing that could move a terminal's
cursor."""

from __future__ import annotations

_LONGEST = 60


def shown(value: object) -> str:
    """``'text'`` for text (cut at 60 characters, control characters escaped), YAML's words for the rest."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) > 10**_LONGEST:
        return "a huge number"
    return str(value)
