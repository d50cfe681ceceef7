"""What is wrong in a service or volume of the user's own is named in the fragment that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from midwatch.check.catalogue import serves
from midwatch.check.document import Document
from midwatch.check.finding import Finding
from midwatch.check.stack import Stack

_NAMED = 2
"""``services.grafana``: the part of a key that names a thing."""


def in_fragment(stack: Stack, finding: Finding) -> Finding:
    """The finding at its place in a fragment of ``extra.compose``, if it came from there; else as it is."""
    key = [int(part) if part.isdigit() else part for part in finding.key.split(".")] if finding.key else []
    if finding.file != stack.compose.path or len(key) < _NAMED:
        return finding
    for document in _fragments(stack):
        known = _known(document, key)
        # Of a generated service only what the fragment says itself; of one's own also what it leaves out.
        if known == len(key) or (known >= _NAMED and not serves(str(key[1]), stack.spec)):
            at = document.at(*key[:known])
            return replace(finding, file=at.file, line=at.line, column=at.column)
    return finding


def _fragments(stack: Stack) -> Iterator[Document]:
    """The last one first: what it says is what counts."""
    for path in reversed(stack.spec.extra.compose if stack.spec else ()):
        file = stack.files.get(path)
        if file and file.document and not file.document.problems:
            yield file.document


def _known(document: Document, key: Sequence[str | int]) -> int:
    """How many parts of the key the document has; also one that it takes out, by ``!reset null``."""
    value: Any = document.data
    for count, step in enumerate(key):
        there = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if not there:
            return count
        value = value[step]
    return len(key)
