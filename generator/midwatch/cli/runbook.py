"""``midwatch runbook``: a runbook in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable


@click.command("runbook", short_help="Show the runbook of an alert, or list them.")
@click.argument("name", metavar="[ALERT]", required=False)
@formats("text", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, name: str | None, output_format: str) -> None:
    """Show the runbook of an alert; without a name, list all with severity and meaning.

    ALERT is the name in the message, or the link itself. Reads the project's folder only; in a pipe the text is
    Markdown.
    """
    from midwatch.cli.markdown import formatted
    from midwatch.runbooks import named, runbooks

    pages = runbooks(folder)
    listed = [
        {"name": page.name, "severity": page.severity, "summary": page.summary, "file": page.path.as_posix()}
        for page in pages
    ]
    if name is None and output_format == "json":
        terminal.json({"format": 1, "runbooks": listed})
    elif name is None:
        rows = [(page.name, page.severity, page.summary) for page in pages]
        terminal.table("", ("runbook", "severity", "what it means"), rows)
    else:
        page = named(name, pages)
        if output_format == "json":
            terminal.json({"format": 1, **listed[pages.index(page)], "text": page.text()})
        else:
            terminal.result(formatted(printable(page.text())) if sys.stdout.isatty() else page.text().rstrip("\n"))
