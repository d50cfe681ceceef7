"""What a runbook tells people to run in its sections Confirm and Verify: blocks of commands, each followed by a line
`- Good: …` that promises what they will see (see runbook_promise)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.runbook_promise import FormError, understood

SECTIONS = {"Confirm": "en", "Verify": "en", "Prüfen": "de", "Erfolg prüfen": "de"}
BLANKS = {"en": ("SERVICE", "ADDRESS"), "de": ("DIENST", "ADDRESS")}
"""What a person fills in from the message: first the service, then the app's URL."""
LABELS = {"en": "- Good:", "de": "- Gut:"}
_HEADING = re.compile(r"^(#{2,4}) (.+)$")
_FENCE = re.compile(r"^\s*```(\w*)$")
_COMMAND = re.compile(r"`((?:docker|\./ops|curl|df|free|git|grep|ls|ps|date) [^`]+)`")


@dataclass(frozen=True, slots=True)
class Step:
    """A block of commands and what is promised of it. ``hints``: commands that the lines below it name besides."""

    page: str
    section: str
    number: int
    language: str
    commands: str
    good: str
    hints: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}-{self.section}-{self.number}"


def steps(page: str, text: str) -> Iterator[Step]:
    """All steps of a page, in their order. Raises FormError."""
    for section, lines in _sections(text):
        language = SECTIONS[section]
        blocks = list(_blocks(lines))
        for number, (commands, after) in enumerate(blocks):
            where, label = f"{page}: {section}, block {number}", LABELS[language]
            if commands is None:
                if named := _COMMAND.findall(after):
                    raise FormError(f"{page}: {section}: `{named[0]}` belongs into a block of its own, with '{label}'")
                continue
            bullets = re.split(r"^\s*(?=- )", after, flags=re.MULTILINE)
            good = [" ".join(one.removeprefix(label).split()) for one in bullets if one.startswith(label)]
            if len(good) != 1:
                raise FormError(f"{where}: needs one line '{label}', has {len(good)}")
            if named := _COMMAND.findall(bullets[0]):
                raise FormError(f"{where}: `{named[0]}` belongs into a block of its own, with '{label}'")
            try:
                understood(good[0], language)
            except FormError as error:
                raise FormError(f"{where}: {error}") from None
            yield Step(page, section, number, language, commands, good[0], tuple(_COMMAND.findall(after)))
        if not any(commands is not None for commands, _ in blocks):
            raise FormError(f"{page}: {section} has no command")


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    found: list[str] | None = None
    title, level = "", 0
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading and (found is None or len(heading[1]) <= level):
            if found is not None:
                yield title, found
            title, level = heading[2].strip(), len(heading[1])
            found = [] if title in SECTIONS else None
        elif found is not None:
            found.append(line)
    if found is not None:
        yield title, found


def _blocks(lines: list[str]) -> Iterator[tuple[str | None, str]]:
    """(commands, what follows up to the next block); first (None, what stands before)."""
    commands: str | None = None
    after: list[str] = []
    inside: list[str] | None = None
    for line in lines:
        if _FENCE.match(line):
            if inside is None:
                yield commands, "\n".join(after)
                inside, after = [], []
            else:
                commands, inside = "\n".join(inside), None
        elif inside is not None:
            inside.append(line.strip())
        else:
            after.append(line)
    yield commands, "\n".join(after)
