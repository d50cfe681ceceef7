"""Conflicts on the terminal, where and what each side says; and what hand edits re-open."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.terminal import Terminal, printable

if TYPE_CHECKING:
    from midwatch.check.finding import Finding
    from midwatch.regenerate.unsettled import Pending

_SIDES = {"base": "was generated", "ours": "in the file", "theirs": "is generated now"}
_LONGEST = 100


def styled(text: str, colour: str) -> str:
    """In colour where the terminal takes it and NO_COLOR does not forbid it."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour)


def print_conflicts(terminal: Terminal, conflicts: Sequence[Pending]) -> None:
    """Each with its number, by which ``resolve`` knows it."""
    for one in conflicts:
        key = f"{one.key}: " if one.key else ""
        why = one.why or "both sides changed it"
        terminal.result(styled(f"conflict {one.number}", "red") + f" {printable(f'{one.where}: {key}{why}')}")
        if not one.why or one.values:
            for side, meaning in _SIDES.items():
                terminal.result(f"    {side:7} {meaning:17} {_shown(one, side)}")


def print_opened(terminal: Terminal, opened: Sequence[Finding]) -> None:
    """What hand edits re-open, by line of the review."""
    if not opened:
        return
    from midwatch.check.finding import Blocker

    for blocker in Blocker:
        found = [one for one in opened if one.blocker is blocker]
        if found:
            terminal.result(styled(f"a hand edit re-opens {blocker.line}", "red"))
        for one in found:
            terminal.result(f"  {one.where + ': ' if one.where else ''}{printable(one.message)} [{one.id}]")


def opened_document(opened: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for a program."""
    return [
        {"blocker": str(one.blocker), "id": one.id, "message": one.message, "file": one.file, "line": one.line}
        for one in opened
    ]


def _shown(one: Pending, side: str) -> str:
    if side not in one.values:
        return "(not there)"
    return shorten(one.shown(side))


def shorten(value: Any) -> str:
    """A value on one line."""
    text = value if isinstance(value, str) and not one_liner_needed(value) else json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def one_liner_needed(text: str) -> bool:
    """Whether a text has to be quoted to stand on one line."""
    return "\n" in text or not text or text != text.strip()
