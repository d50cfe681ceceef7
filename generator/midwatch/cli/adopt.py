"""``midwatch adopt``: hand edits into the spec; a spec for a stack that midwatch did not make."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode, MidwatchError, TargetError

if TYPE_CHECKING:
    from midwatch.adopt.adoption import Adoption
    from midwatch.adopt.foreign.proposal import Proposal
    from midwatch.check.stack import Stack
    from midwatch.diff.model import Explained
    from midwatch.regenerate.unsettled import Pending


@click.command("adopt", short_help="Turn hand edits, or a foreign stack, into spec.")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--from", "source", metavar="DIR", type=click.Path(path_type=Path),
              help="Propose a spec for the Compose stack in DIR, which midwatch did not make.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    files: tuple[str, ...],
    source: Path | None,
    dry_run: bool,
    yes: bool,
    output_format: str,
) -> int:
    """Turn hand edits into spec, so that generate gives them by itself.

    What a key of the spec can say becomes that key, other edits become a fragment that stack.yaml names under extra;
    comments stay. Everything is tried first: only what then comes out by itself is adopted, the rest is listed. With
    FILE only the edits of these files.

    With --from it reads a Compose stack that midwatch did not make, proposes the spec that reproduces what it can, and
    says what the generated stack would change.
    """
    if source is not None:
        if files:
            raise click.UsageError("--from reads the whole stack: give no FILE with it")
        return _foreign(folder, terminal, folder / source, dry_run=dry_run, yes=yes, as_json=output_format == "json")
    return _edits(folder, terminal, files, dry_run=dry_run, yes=yes, as_json=output_format == "json")


def _edits(folder: Path, terminal: Terminal, only: tuple[str, ...], *, dry_run: bool, yes: bool, as_json: bool) -> int:
    from midwatch.adopt.adoption import adopt
    from midwatch.adopt.settled import settled
    from midwatch.cli.mend import mend
    from midwatch.diff import project as projects
    from midwatch.diff.model import Origin
    from midwatch.diff.versions import read
    from midwatch.regenerate import unsettled
    from midwatch.render.project import load_project

    mend(folder, terminal)
    project = load_project(folder)
    rendered = project.render()
    versions = read(folder, rendered.tree)
    edits = [one for one in projects.difference(versions).changes
             if one.change.origin in (Origin.HAND, Origin.CONFLICT)]  # fmt: skip
    if only:
        known = _known(only, edits)
        edits = [one for one in edits if one.change.file in known]
    adoption = adopt(project, versions, rendered, edits)
    conflicts = settled(adoption, unsettled.read(folder))
    if not as_json:
        _tell(adoption, conflicts, folder, terminal)
    written = bool(adoption.files) and _agreed(dry_run=dry_run, yes=yes, as_json=as_json)
    if written:
        _write(folder, terminal, adoption.files, conflicts)
    if as_json:
        terminal.json(_document(adoption, conflicts, written=written))
    return ExitCode.DONE


def _known(only: tuple[str, ...], edits: list[Explained]) -> tuple[str, ...]:
    edited = {one.change.file for one in edits}
    paths = tuple(path.removeprefix("./") for path in only)
    if unknown := [path for path in paths if path not in edited]:
        raise MidwatchError(f"{unknown[0]} was not edited by hand", hint="'midwatch diff --stat' names the files")
    return paths


def _tell(adoption: Adoption, conflicts: Sequence[Pending], folder: Path, terminal: Terminal) -> None:
    if not adoption.adopted and not adoption.kept:
        terminal.say("nothing was edited by hand")
        return
    if adoption.adopted:
        terminal.result(click.style("into the spec", bold=True))
    for one in adoption.adopted:
        terminal.result(f"  {_edit(one.edit)} → {printable(one.by)}")
    if adoption.kept:
        terminal.result(click.style("stays a hand edit", bold=True))
    for kept in adoption.kept:
        terminal.result(f"  {_edit(kept.edit)}: {printable(kept.why)}")
    if conflicts:
        terminal.result(click.style("settled by that", bold=True))
    for conflict in conflicts:
        terminal.result(printable(f"  conflict {conflict.where}: {conflict.what}"))
    _show(adoption.files, folder, terminal)


def _edit(edit: Explained) -> str:
    from midwatch.cli.diff import styled

    place = f"{edit.change.where}: " if edit.change.path else ""
    return styled(printable(f"{place}{edit.sentence}"), "red" if edit.grave else "")


def _show(files: Mapping[str, bytes], folder: Path, terminal: Terminal) -> None:
    """The files as a line diff against what is there."""
    from midwatch.cli.diff import coloured
    from midwatch.diff.report import unified
    from midwatch.render.model import File

    for path, data in files.items():
        place = folder / path
        old = File(place.read_bytes()) if place.is_file() else None
        for line in unified(old, File(data), path, path):
            terminal.result(coloured(line))
    _tell_stale(files, folder, terminal)


def _tell_stale(files: Mapping[str, bytes], folder: Path, terminal: Terminal) -> None:
    """Comments in the spec beside values that change: a person has to read them again."""
    from midwatch.adopt.notes import stale
    from midwatch.merge import ending
    from midwatch.render.project import SPEC_FILE

    if SPEC_FILE in files:
        texts = [ending.plain(data) for data in ((folder / SPEC_FILE).read_bytes(), files[SPEC_FILE])]
        for line, comment in stale(*texts):
            terminal.say(f"note: {SPEC_FILE}:{line}: is it still true? {printable(comment)}")


def _agreed(*, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Whether to write: asked on a terminal, never without a word elsewhere."""
    if dry_run:
        return False
    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        raise MidwatchError("nothing was written: there is no terminal to ask on", hint="give --yes or --dry-run")
    return click.confirm("write this?", err=True)


def _write(folder: Path, terminal: Terminal, files: Mapping[str, bytes], conflicts: Sequence[Pending]) -> None:
    from midwatch.regenerate.amend import amend

    copies = amend(folder, files, conflicts)
    for path in files:
        terminal.say(f"written: {path}")
    for path in copies:
        terminal.detail(f"what was there before: {path}")
    terminal.say("next: midwatch generate")


def _document(adoption: Adoption, conflicts: Sequence[Pending], *, written: bool) -> dict[str, Any]:
    def edit(one: Explained) -> dict[str, Any]:
        from midwatch.merge.path import show

        change = one.change
        return {"file": change.file, "line": change.where.line, "key": show(change.path), "sentence": one.sentence}

    return {
        "format": 1,
        "written": written,
        "adopted": [{**edit(one.edit), "by": one.by} for one in adoption.adopted],
        "kept": [{**edit(one.edit), "why": one.why} for one in adoption.kept],
        "settled": [{"file": one.file, "line": one.line, "key": one.key} for one in conflicts],
        "files": {path: data.decode("utf-8", "replace") for path, data in adoption.files.items()},
    }


def _foreign(folder: Path, terminal: Terminal, source: Path, *, dry_run: bool, yes: bool, as_json: bool) -> int:
    from midwatch.adopt.foreign.propose import propose
    from midwatch.adopt.foreign.text import spec_text
    from midwatch.check import stack
    from midwatch.regenerate.place import check_new, place

    try:
        old = stack.read(source)
    except TargetError as error:
        raise TargetError(error.message, hint="--from takes the folder of a Compose project") from error
    proposal = propose(old)
    text = spec_text(proposal)
    if not as_json:
        terminal.result(text.rstrip("\n"))
        _not_taken(proposal, terminal)
        _changes(old, text, terminal)
    created: tuple[str, ...] = ()
    if not dry_run:
        check_new(folder)
        if _agreed(dry_run=dry_run, yes=yes, as_json=as_json):
            files = _laid_out(folder, proposal, text)
            created = place(folder, files, skip_existing=True)
            kept = sorted(set(files) - set(created))
            terminal.say(f"written: {', '.join(created)}" + (f"; kept: {', '.join(kept)}" if kept else ""))
            terminal.say("next: read stack.yaml, then: midwatch generate && midwatch secrets && midwatch check")
    if as_json:
        terminal.json(_proposed(proposal, text, created))
    return ExitCode.DONE


def _laid_out(folder: Path, proposal: Proposal, text: str) -> dict[str, bytes]:
    """The files of a new project, as ``init`` lays it out, with the proposed spec: .gitignore keeps its secrets out of
    git from the first commit on."""
    from midwatch.cli.layout import render

    spec: Mapping[str, Any] = proposal.spec
    answers = {
        "name": str(spec["name"]),
        "environment": "production",  # The spec's default: the proposed one does not say it.
        "slack_channel": str(spec["alerting"]["slack"]["channel"]),
    }
    return {**render(folder.resolve().name, answers, defaults=True), "stack.yaml": text.encode()}


def _not_taken(proposal: Proposal, terminal: Terminal) -> None:
    if proposal.left:
        terminal.result(click.style("\nnot taken over", bold=True))
    for left in proposal.left:
        place = f"{left.at}: " if left.at.file else ""
        terminal.result(printable(f"  {place}{left.what}: {left.why}"))


def _changes(old: Stack, text: str, terminal: Terminal) -> None:
    """What the generated stack would change: errors of the review before and after; every change with --verbose."""
    from midwatch.adopt.foreign.compare import against
    from midwatch.check.finding import BLOCKERS
    from midwatch.cli.diff import print_diff, styled

    found = against(old, text)
    terminal.result(click.style("\nwhat the generated stack would change", bold=True))
    for line, (before, after) in found.errors.items():
        counts = f"{before} error{'' if before == 1 else 's'} → {after}"
        terminal.result(styled(f"  {BLOCKERS[line]}: {counts}", "red" if after > before else "green"))
        for hint in dict.fromkeys(one.hint for one in found.left if one.blocker is line):
            terminal.result(f"    until you {printable(hint)}")
    if terminal.verbose:
        print_diff(found.diff, terminal)
    else:
        terminal.say(f"{len(found.diff.changes)} differences in all; --verbose tells each")


def _proposed(proposal: Proposal, text: str, created: Sequence[str]) -> dict[str, Any]:
    return {
        "format": 1,
        "written": bool(created),
        "created": list(created),
        "spec": text,
        "taken": [
            {"key": ".".join(one.key), "why": one.why, "file": one.at.file, "line": one.at.line}
            for one in proposal.taken
        ],
        "left": [{"what": one.what, "why": one.why, "file": one.at.file, "line": one.at.line} for one in proposal.left],
    }
