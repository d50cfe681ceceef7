"""``midwatch check``: the real judges and midwatch's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.output import output_option, put
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode

if TYPE_CHECKING:
    from midwatch.check.finding import Report
    from midwatch.check.report.text import Row

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan", "good": "green"}


@click.command("check", short_help="Judge the stack by the real programs and by rules.")
@click.option("--strict", is_flag=True, help="A judge that cannot be had is an error: exit code 3.")
@click.option(
    "--profile",
    type=click.Choice(("development", "staging", "production")),
    help="How strict; the spec's environment if absent.",
)
@click.option("--only", metavar="ID", multiple=True, help="Run only this judge or rule; may be repeated.")
@click.option(
    "--offline",
    is_flag=True,
    envvar="MIDWATCH_OFFLINE",
    help="Do not ask the webhook whether it takes messages.",
)
@click.option("--no-secrets", is_flag=True, help="Do not miss the files in secrets/: in CI there are none.")
@click.option("--list", "listed", is_flag=True, help="Name all judges and rules.")
@formats("text", "json", "sarif", "junit")
@output_option
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    strict: bool,
    profile: str | None,
    only: tuple[str, ...],
    offline: bool,
    no_secrets: bool,
    listed: bool,
    output_format: str,
    output: Path | None,
) -> int:
    """Judge the stack by the real programs and by rules across its files.

    Works on any Compose project; where there is a stack.yaml, its budget is held against the files too. A program that
    is not on PATH is run from its pinned image by docker; where that fails too, it is reported as skipped. The webhook
    is asked whether it is there, by a message without text, which nobody sees.
    """
    if listed:
        _list(terminal)
        return ExitCode.DONE
    from midwatch.check import run, stack
    from midwatch.check.finding import exit_code
    from midwatch.check.profile import parse
    from midwatch.cli.mend import mend

    if folder.is_dir():
        mend(folder, terminal)
    read = stack.read(folder, profile=parse(profile) if profile else None, offline=offline)
    report = run.run(read, only=only, without=("secret-files",) if no_secrets else ())
    if output is None and output_format == "text":
        _print(report, terminal)
    else:
        put(_formatted(report, output_format), output, terminal)
    return exit_code(report, strict=strict)


def _formatted(report: Report, output_format: str) -> str:
    from importlib import import_module

    module = {"text": "text", "json": "json_report", "sarif": "sarif", "junit": "junit"}[output_format]
    text: str = import_module(f"midwatch.check.report.{module}").write(report)
    return text.removesuffix("\n")


def _list(terminal: Terminal) -> None:
    from midwatch.check.pages import about

    terminal.table("", ("id", "kind", "what must hold"), [(check.id, check.kind, check.title) for check in about()])


def _print(report: Report, terminal: Terminal) -> None:
    from midwatch.check.report import text

    _findings(text.findings(report, *(("error",) if terminal.quiet else ("error", "warning"))), terminal)
    if not terminal.quiet:
        for row in text.judges(report):
            status, name, title, detail = row.cells
            more = f" ({printable(detail)})" if detail and (terminal.verbose or status != "passed") else ""
            terminal.result(f"{_styled(f'{status:8}', row)} {name:20} {printable(title)}{more}")
        # What is different on purpose, and why: to know, not to do.
        _findings(text.findings(report, "info"), terminal)
        for row in text.reopened(report):
            terminal.result(f"{_styled('re-opens', row)} {_styled(row.cells[0], row)}: {row.cells[1]}")
    last = text.summary(report)
    terminal.result(_styled(last.cells[0], last))


def _findings(rows: Iterable[Row], terminal: Terminal) -> None:
    for row in rows:
        severity, where, message, name, hint = row.cells
        terminal.result(f"{where + ': ' if where else ''}{_styled(severity, row)}: {printable(message)} [{name}]")
        if hint:
            terminal.result(f"    {printable(hint)}")


def _styled(text: str, row: Row) -> str:
    """In colour where the terminal takes it and NO_COLOR does not forbid it."""
    import os

    colour = _COLOURS.get(row.style)
    return click.style(text, fg=colour) if colour and not os.environ.get("NO_COLOR") else text
