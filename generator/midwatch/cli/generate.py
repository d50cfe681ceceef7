"""``midwatch generate``: write the stack that the spec describes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.conflicts import opened_document, print_conflicts, print_opened
from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode
from midwatch.listing import few, folded

if TYPE_CHECKING:
    from midwatch.check.finding import Finding
    from midwatch.regenerate.changes import Changes, Kind
    from midwatch.regenerate.write import Result
    from midwatch.render.model import Tree

_SHOWN = ("created", "updated", "merged", "conflict", "edited", "removed", "replaced", "deleted", "kept")
_EXPECTED: tuple[Kind, ...] = ("created", "updated", "deleted")
"""What was asked for; with --quiet only what a person should look at is listed."""
_NOTES = {
    "removed": "removed by hand, stays away: {}; what was generated is in .midwatch/base/ ('resolve FILE --theirs')",
    "replaced": "written over; a copy of each edit goes to .midwatch/replaced/: {}",
    "kept": "no longer generated, but edited by hand, and so kept: {}; remove it if you do not need it",
}


@click.command("generate", short_help="Write the stack that stack.yaml describes.")
@click.option("--dry-run", is_flag=True, help="Only say what would change; exit code 1 if anything would.")
@click.option(
    "--force",
    is_flag=True,
    help="Write over what was edited or removed by hand; a copy of each edit goes to .midwatch/replaced/.",
)
@formats("text", "json")
@common
@with_context
def command(folder: Path, terminal: Terminal, dry_run: bool, force: bool, output_format: str) -> int:
    """Write the stack that stack.yaml describes.

    Everything is written or nothing; a file that is up to date is not touched. What was edited by hand is merged with
    what is new; where both changed the same value to different things, the file keeps the edit, and the conflict is
    listed until 'midwatch resolve' settles it. 'midwatch undo' takes the last write back.
    """
    from midwatch import __version__
    from midwatch.cli.mend import mend
    from midwatch.regenerate.migrate import migrate_spec
    from midwatch.regenerate.write import preview, write
    from midwatch.render.project import load_project

    if not dry_run:
        mend(folder, terminal)
        if migrate_spec(folder):
            terminal.say("stack.yaml was of an older format and is rewritten; the old one is in .midwatch/replaced/")
    project = load_project(folder)
    rendered = project.render()
    planned = preview(folder, rendered.tree, force=force) if dry_run else None
    _tell_uncommitted(folder, terminal)
    result = planned or write(folder, rendered.tree, version=__version__, spec_sha256=project.spec_sha256, force=force)
    opened = _reopened(folder, rendered.tree, result.changes, dry_run)
    missing = _missing_secrets(folder, rendered.plan)
    decided = () if dry_run else _decided(folder, project.spec.extra.compose)
    if output_format == "json":
        document = _document(result, opened, dry_run, missing)
        terminal.json({**document, "adopted_open": opened_document(decided)})
    else:
        _print(terminal, result, opened, dry_run, missing)
        if decided:
            said = few([f"{one.where}: {printable(one.message)}" for one in decided])
            terminal.say(f"adopted decisions still open: {said} ('midwatch check' tells more)")
    bad = result.conflicts or opened or (dry_run and result.changes.any)
    return ExitCode.FINDINGS if bad else ExitCode.DONE


def _tell_uncommitted(folder: Path, terminal: Terminal) -> None:
    from midwatch.regenerate.git import uncommitted
    from midwatch.regenerate.paths import STATE

    # Those of the copies in .midwatch come with the others, or with the last generate.
    names = sorted(uncommitted(folder), key=lambda name: (name.startswith(f"{STATE}/"), name))
    if names:
        terminal.say(
            f"note: git has uncommitted changes here ({few(names)}): 'git diff' will show them mixed with these"
        )


def _reopened(folder: Path, tree: Tree, changes: Changes, dry_run: bool) -> tuple[Finding, ...]:
    if not changes.by_hand:
        return ()
    from midwatch.regenerate.reopened import reopened

    planned = {change.path: change.file for change in changes.files if change.file is not None} if dry_run else {}
    return reopened(folder, tree, changes.by_hand, planned)


def _decided(folder: Path, fragments: Sequence[str]) -> tuple[Finding, ...]:
    from midwatch.regenerate.reopened import ADOPTED, decided

    return decided(folder) if any(path.startswith(ADOPTED) for path in fragments) else ()


def _missing_secrets(folder: Path, plan: Any) -> list[str]:
    from midwatch.secrets.state import look

    return [found.secret.name for found in look(plan, folder) if found.missing]


def _document(result: Result, opened: tuple[Finding, ...], dry_run: bool, missing: list[str]) -> dict[str, Any]:
    from midwatch.regenerate.unsettled import document

    changes = result.changes
    files: dict[str, list[str]] = {kind: [] for kind in (*_SHOWN, "unchanged")}
    for change in changes.files:
        files[change.kind].append(change.path)
    return {
        "format": 1,
        "dry_run": dry_run,
        "changed": changes.any,
        "files": files,
        "conflicts": [document(one) for one in result.conflicts],
        "reopened": opened_document(opened),
        "missing_secrets": missing,
    }


def _print(terminal: Terminal, result: Result, opened: tuple[Finding, ...], dry_run: bool, missing: list[str]) -> None:
    changes = result.changes
    for expected in () if terminal.quiet else _EXPECTED:
        for path, count in folded(changes.of(expected)):
            shown = f"{path} ({count} files)" if count > 1 else path
            terminal.result(f"{expected:9} {printable(shown)}")
    for change in changes.files:
        if change.kind in _SHOWN and change.kind not in _EXPECTED:
            terminal.result(f"{change.kind:9} {printable(change.path)}")
        else:
            terminal.detail(f"{change.kind:9} {change.path}")
    print_conflicts(terminal, result.conflicts)
    print_opened(terminal, opened)
    counts = [f"{len(changes.of(kind))} {kind}" for kind in _SHOWN if changes.of(kind)]  # type: ignore[arg-type]
    counts.append(f"{len(changes.of('unchanged'))} unchanged")
    terminal.say(("would be: " if dry_run else "") + ", ".join(counts))
    for kind, note in _NOTES.items():
        if names := [printable(change.path) for change in changes.files if change.kind == kind]:
            terminal.say(f"note: {note.format(few(names))}")
    if result.conflicts:
        many = len(result.conflicts) > 1
        first = "run 'midwatch generate', then " if dry_run else ""
        terminal.say(f"next: {first}settle the conflict{'s' if many else ''} with 'midwatch resolve'")
        return
    if missing and not dry_run:
        terminal.say(f"next: 'midwatch secrets' ({', '.join(missing)} still missing), then 'midwatch check'")
    # Not after the first time: then nothing runs yet.
    if changes.any and not dry_run and len(changes.of("created")) < len(changes.files):
        terminal.say("on the host: docker compose up -d && ./ops reload")
