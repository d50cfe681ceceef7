"""The comments of a YAML text: what a person wrote for people, and no merge may lose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from yaml_edit import YamlError, YamlFile


def remarks(text: str) -> list[tuple[int, str]]:
    """Line (from 0) and text of each comment; none for a text that is not YAML."""
    try:
        found = YamlFile.parse(text).comments()
    except YamlError:
        return []
    starts = [0]
    for part in text.encode().split(b"\n"):
        starts.append(starts[-1] + len(part) + 1)
    result: list[tuple[int, str]] = []
    line = 0
    for comment in found:
        while starts[line + 1] <= comment.byte_range()[0]:
            line += 1
        result.append((line, comment.text().rstrip()))
    return result


def counted(text: str) -> Counter[str]:
    """Each comment and how often it stands there."""
    return Counter(comment for _, comment in remarks(text))


def within(found: Sequence[tuple[int, str]], first: int, end: int) -> list[str]:
    """The comments on these lines."""
    return [text for line, text in found if first <= line < end]
