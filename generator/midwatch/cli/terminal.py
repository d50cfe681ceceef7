"""What reaches the terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDE = 200
"""Width of a table that goes into a pipe or a file, in characters: nothing there wraps by itself."""


def printable(text: str) -> str:
    """The text without control characters: names of files and values of specs are other people's data."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Prints by the verbosity that was asked for."""

    quiet: bool = False
    verbose: bool = False

    def result(self, text: str) -> None:
        """What the command was asked for; also with ``--quiet``."""
        click.echo(text)

    def json(self, value: Any) -> None:
        """The result for a program: one JSON document, keys in a fixed order."""
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def say(self, text: str) -> None:
        """Something to know; not with ``--quiet``."""
        if not self.quiet:
            click.echo(printable(text), err=True)

    def detail(self, text: str) -> None:
        """Something that only matters when looking closer."""
        if self.verbose:
            click.echo(printable(text), err=True)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        right: Sequence[str] = (),
        width: int = _WIDE,
    ) -> None:
        """A table as a result, at most ``width`` columns wide; columns named in ``right`` are numbers.

        No markup is read from the cells; a line break in one stays.
        """
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", no_wrap=column in right)
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console = Console(file=sys.stdout, highlight=False)
        # Without a terminal rich assumes 80 columns and cuts; a pipe has no edge.
        console.width = min(console.width, width) if sys.stdout.isatty() else width
        # Captured, since rich by itself ends the program with exit code 1 when a pipe is closed.
        with console.capture() as capture:
            console.print(table)
        click.echo("\n".join(line.rstrip() for line in capture.get().rstrip().split("\n")))
