"""Texts in the language of the spec: English lies in ``X.md``, another language beside it in ``X.<language>.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ENGLISH = "en"
_MARK = re.compile(r"\.([a-z]{2})(?=\.md(\.jinja)?$)")


def language_of(path: Path) -> str:
    """The language that a file's name says."""
    found = _MARK.search(path.name)
    return found.group(1) if found else ENGLISH


def beside(path: Path, language: str) -> Path:
    """Where the same text lies in a language."""
    if language == ENGLISH:
        return path
    stem, _, rest = path.name.partition(".md")
    return path.with_name(f"{stem}.{language}.md{rest}")


def in_language(path: Path, language: str) -> Path:
    """The text in that language if it is there, else in English."""
    own = beside(path, language)
    return own if own.exists() else path


def speaker(language: str) -> Callable[..., str]:
    """``say`` of the templates: a text that stands there in each language, so that none can be forgotten.

    The call raises TypeError when one is missing, and the render names the template.
    """

    def say(*, en: str, de: str) -> str:
        return {ENGLISH: en, "de": de}[language]

    return say


def chosen(paths: Iterable[Path], language: str) -> Iterator[tuple[Path, str]]:
    """Each text once, in the language if it is there, with the name that it has in the project."""
    for path in paths:
        if language_of(path) == ENGLISH:
            yield (in_language(path, language) if ".md" in path.name else path), path.name
