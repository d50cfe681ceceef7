"""``midwatch undo``: take the last write back."""

from __future__ import annotations

from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable


@click.command("undo", short_help="Take back what the last 'generate', 'resolve' or 'adopt' wrote.")
@click.option("--dry-run", is_flag=True, help="Only say which files would change; exit code 1 if any would.")
@formats("text", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, dry_run: bool, output_format: str) -> int:
    """Take back what the last 'midwatch generate', 'midwatch resolve' or 'midwatch adopt' wrote.

    Every file is as it was before, hand edits included, or none is; stack.yaml only where 'adopt' had changed it, and
    secrets never. Refuses when one of the files changed since: nothing that came later is lost.

    There is one step: each write takes the place of the one before it, and what was earlier is in git only. An undo
    cannot be undone; run again what it took back.
    """
    from midwatch.cli.mend import mend
    from midwatch.errors import ExitCode
    from midwatch.regenerate import undo
    from midwatch.regenerate.paths import LOCK
    from midwatch.regenerate.write import take_back

    if not dry_run:
        mend(folder, terminal)
    back = undo.read(folder) if dry_run else take_back(folder)
    if output_format == "json":
        terminal.json({"format": 1, "dry_run": dry_run, "files": list(back.shown)})
    else:
        for path in back.shown:
            terminal.result(f"{'restored' if path in back.puts else 'removed':9} {printable(path)}")
        generated = LOCK in (*back.puts, *back.deletes)  # Else it was an answer, or an adoption.
        later = "; stack.yaml stays, so the next 'generate' writes again" if generated else ""
        files = "1 file" if len(back.shown) == 1 else f"{len(back.shown)} files"
        if not back.shown:  # What it wrote was there already; or the answer kept what is in the file.
            files = "only the copy of what was generated" if generated else "only the list of conflicts"
        verb = "would be" if dry_run else "are" if len(back.shown) > 1 else "is"
        terminal.say(f"{files} {verb} as before{later}")
    return ExitCode.FINDINGS if dry_run else ExitCode.DONE
