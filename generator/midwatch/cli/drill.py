"""``midwatch drill``: rehearse on the running stack what nobody wants to try for the first time at night."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode


@click.command("drill", short_help="Rehearse on the running stack: does a page arrive?")
@click.argument("what", metavar="page", type=click.Choice(["page"]))
@click.option("--severity", type=click.Choice(["critical", "warning", "info"]), default="critical", show_default=True,
              help="Which route the page takes.")  # fmt: skip
@formats("text", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, what: str, severity: str, output_format: str) -> int:
    """Rehearse on the running stack.

    page: sends a page that says that it is a test through the real route, waits until Slack has taken it, and ends
    it. Where it was lost, says where: exit code 1. Needs Docker with Compose; DOCKER_HOST may name an engine elsewhere.
    """
    from midwatch.drill.page import page

    as_json = output_format == "json"
    outcome = page(folder, severity, (lambda _: None) if as_json else (lambda line: terminal.result(printable(line))))
    if as_json:
        terminal.json({"format": 1, "drill": what, **asdict(outcome)})
    elif outcome.delivered:
        terminal.say(f"a {severity} page takes {outcome.seconds:g} s, the time of asking included")
    return ExitCode.DONE if outcome.delivered else ExitCode.FINDINGS
