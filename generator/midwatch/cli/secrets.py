"""``midwatch secrets``: make what is random, ask for what only a person knows, derive the rest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode, MidwatchError

if TYPE_CHECKING:
    from midwatch.plan.model import Secret
    from midwatch.secrets.settle import Done
    from midwatch.secrets.state import Standing

_LONGEST = 64 * 1024
_DEEDS = {"made": "made", "asked": "stored", "derived": "derived", "mode": "mode set"}
_WOULD = {"made": "make", "asked": "ask for", "derived": "derive", "mode": "set mode of"}


@click.command("secrets", short_help="Make, ask for and derive the files in secrets/.")
@click.option("--check", "only_check", is_flag=True, help="Only say what is missing; exit code 1 if anything is.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done; exit code 1 if anything would.")
@click.option("--stdin", "stdin_name", metavar="NAME", help="Read the value of NAME from standard input.")
@click.option("--rotate", metavar="NAME", multiple=True, help="Replace the value of NAME; may be repeated.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    only_check: bool,
    dry_run: bool,
    stdin_name: str | None,
    rotate: tuple[str, ...],
    output_format: str,
) -> int:
    """Make, ask for and derive the files in secrets/.

    A value that is there is never replaced, unless --rotate names it. No value is ever printed.
    """
    from midwatch.cli.mend import mend
    from midwatch.render.project import load_project
    from midwatch.secrets.settle import by_name, intent, settle
    from midwatch.secrets.state import look

    if only_check and (dry_run or rotate or stdin_name):
        raise click.UsageError("--check only looks: it goes with no other option")
    plan = load_project(folder).plan()
    names = [by_name(plan, name).name for name in rotate]
    done: Sequence[Done] = ()
    if dry_run:
        done = intent(plan, folder, names)
    elif not only_check:
        mend(folder, terminal)
        given = {by_name(plan, stdin_name).name: _from_stdin()} if stdin_name else {}
        done = settle(plan, folder, ask=_asker(), given=given, rotate=names)
    standings = look(plan, folder)
    if output_format == "json":
        terminal.json(_document(standings, done, dry_run))
    else:
        _print(terminal, standings, done, dry_run)
    lacking = any(standing.missing for standing in standings)
    return ExitCode.FINDINGS if (done if dry_run else lacking) else ExitCode.DONE


def _from_stdin() -> str:
    data = sys.stdin.buffer.read(_LONGEST + 1)
    try:
        return data.decode().strip("\r\n")
    except UnicodeDecodeError:
        raise MidwatchError("the value on standard input is no text") from None


def _asker() -> Any:
    """Asks with a hidden prompt; where no person is at the keyboard, nothing is asked."""

    def ask(secret: Secret, wrong: str) -> str | None:
        if not sys.stdin.isatty():
            return None
        if wrong:
            click.echo(f"That cannot be right: {wrong}.", err=True)
        else:
            click.echo(f"{secret.name}: {printable(secret.purpose)}", err=True)
        answer: str = click.prompt("value (hidden; empty to skip)", hide_input=True, default="", show_default=False,
                                   err=True)  # fmt: skip
        return answer or None

    return ask


def _document(standings: Sequence[Standing], done: Sequence[Done], dry_run: bool) -> dict[str, Any]:
    return {
        "format": 1,
        "dry_run": dry_run,
        "done": [{"name": deed.name, "deed": deed.deed} for deed in done],
        "secrets": [
            {
                "name": standing.secret.name,
                "file": f"secrets/{standing.secret.file}",
                "made": standing.secret.made,
                "state": standing.state,
                "reason": standing.reason,
                "purpose": standing.secret.purpose,
                "services": list(standing.secret.services),
            }
            for standing in standings
        ],
    }


def _print(terminal: Terminal, standings: Sequence[Standing], done: Sequence[Done], dry_run: bool) -> None:
    for deed in done:
        terminal.result(f"would {_WOULD[deed.deed]} {deed.name}" if dry_run else f"{_DEEDS[deed.deed]:10} {deed.name}")
    if dry_run:
        if not done:
            terminal.say("nothing to do")
        return
    lacking = [standing for standing in standings if standing.missing]
    for standing in lacking:
        reason = f" ({printable(standing.reason)})" if standing.reason else ""
        terminal.result(f"{standing.state:10} {standing.secret.name}: {printable(standing.secret.purpose)}{reason}")
    for remedy in dict.fromkeys(standing.remedy for standing in lacking):
        terminal.say(f"hint: {remedy}")
    there = len(standings) - len(lacking)
    terminal.say(f"{there} of {len(standings)} secrets are in place")
