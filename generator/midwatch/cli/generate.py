"""``midwatch generate``: write the stack that the spec describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode

if TYPE_CHECKING:
    from midwatch.regenerate.changes import Changes

_SHOWN = ("created", "updated", "replaced", "deleted", "kept")


@click.command("generate", short_help="Write the stack that stack.yaml describes.")
@click.option("--dry-run", is_flag=True, help="Only say what would change; exit code 1 if anything would.")
@click.option("--force", is_flag=True, help="Overwrite files edited by hand; a copy goes to .midwatch/replaced/.")
@formats("text", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, dry_run: bool, force: bool, output_format: str) -> int:
    """Write the stack that stack.yaml describes.

    Everything is written or nothing; a file that is up to date is not touched, and one that was edited by hand is not
    overwritten.
    """
    from midwatch import __version__
    from midwatch.cli.mend import mend
    from midwatch.regenerate.changes import hand_edits
    from midwatch.regenerate.write import preview, write
    from midwatch.render.project import load_project

    if not dry_run:
        mend(folder, terminal)
    project = load_project(folder)
    rendered = project.render()
    if dry_run:
        changes = preview(folder, rendered.tree, force=force)
        if changes.blocked:
            raise hand_edits(changes.blocked)
    else:
        changes = write(
            folder, rendered.tree, version=__version__, spec_sha256=project.spec_sha256, force=force
        ).changes
    missing = _missing_secrets(folder, rendered.plan)
    if output_format == "json":
        terminal.json(_document(changes, dry_run, missing))
    else:
        _print(terminal, changes, dry_run, missing)
    return ExitCode.FINDINGS if dry_run and changes.any else ExitCode.DONE


def _missing_secrets(folder: Path, plan: Any) -> list[str]:
    from midwatch.secrets.state import look

    return [found.secret.name for found in look(plan, folder) if found.missing]


def _document(changes: Changes, dry_run: bool, missing: list[str]) -> dict[str, Any]:
    files: dict[str, list[str]] = {kind: [] for kind in (*_SHOWN, "unchanged")}
    for change in changes.files:
        files[change.kind].append(change.path)
    return {"format": 1, "dry_run": dry_run, "changed": changes.any, "files": files, "missing_secrets": missing}


def _print(terminal: Terminal, changes: Changes, dry_run: bool, missing: list[str]) -> None:
    for change in changes.files:
        if change.kind in _SHOWN:
            terminal.result(f"{change.kind:9} {printable(change.path)}")
        else:
            terminal.detail(f"{change.kind:9} {change.path}")
    counts = [f"{len(changes.of(kind))} {kind}" for kind in _SHOWN if changes.of(kind)]  # type: ignore[arg-type]
    counts.append(f"{len(changes.of('unchanged'))} unchanged")
    terminal.say(("would be: " if dry_run else "") + ", ".join(counts))
    for path in changes.of("kept"):
        terminal.say(f"note: {path} is no longer generated, but was edited by hand: remove it if you do not need it")
    if missing and not dry_run:
        terminal.say(f"next: 'midwatch secrets' ({', '.join(missing)} still missing), then 'midwatch check'")
