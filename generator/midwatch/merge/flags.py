"""What identifies a word of a command: a flag by its name, a flag's value by the flag, other words by their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def keys(words: Sequence[Any]) -> list[str]:
    """One key per word: ``--config.file`` for ``--config.file=/x``, ``-c value`` for the word after ``-c``."""
    found: list[str] = []
    plain, before = 0, ""
    for word in map(str, words):
        if word.startswith("-"):
            name, equals, _ = word.partition("=")
            found.append(name)
            before = "" if equals else name
        elif before:
            found.append(f"{before} value")
            before = ""
        else:
            plain += 1
            found.append(f"word {plain}")
    return found
