"""``midwatch diff``: what differs between generated and on disk, or between two stacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import ExitCode, MidwatchError

if TYPE_CHECKING:
    from midwatch.check.finding import Finding
    from midwatch.diff.model import Diff, Explained
    from midwatch.diff.versions import Versions

_TITLES = {
    "conflict": "conflicts: edited by hand, and changed by the spec ('midwatch resolve' settles them after generate)",
    "hand": "by hand",
    "both": "by hand, and the same from the spec",
    "spec": "pending: comes with the next generate",
    "other": "differs",
}
_LONG = 160
"""Characters of a line beyond which its effects stand on lines of their own."""
_MOST = 5
"""Pending changes of one folder that are told one by one; more are counted (all with --verbose)."""
_BRIEF = {"spec": ("",), "other": ("runbooks/", "prometheus/tests/")}
"""Origin -> beginnings of paths that are told so: all that is pending, and what only follows from the rest."""


@click.command("diff", short_help="Show what was edited by hand, and what is pending.")
@click.argument("folders", metavar="[DIR_A DIR_B]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--text", "by_line", is_flag=True, help="Show lines instead of meanings, as 'diff -u' does.")
@click.option("--stat", is_flag=True, help="Only count the changes of each file.")
@click.option("--exit-code", "exit_code", is_flag=True, help="Exit code 1 for any difference, as git does.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    folders: tuple[Path, ...],
    by_line: bool,
    stat: bool,
    exit_code: bool,
    output_format: str,
) -> int:
    """Show what differs between what was generated, what is on disk and what the spec gives now.

    By meaning, not by line: 512m and 512M are the same, and so are two orders of the same ports. Each change is a hand
    edit, pending from the spec, both, or a conflict, and says what it does to the stack's safety. With two folders it
    compares any two Compose stacks.

    The exit code is 1 when a hand edit re-opens a blocker or a warning of the review, with --exit-code also for any
    other difference.
    """
    if len(folders) not in (0, 2):
        raise click.UsageError("give two folders to compare, or none to compare the project with what was generated")
    if sum((by_line, stat, output_format == "json")) > 1:
        raise click.UsageError("--text, --stat and --format json exclude one another")
    from midwatch.diff import report

    if folders:
        diff, text = _stacks(folder, folders)
    else:
        versions, cause = _versions(folder, terminal)
        from midwatch.diff import project
        from midwatch.regenerate import standing

        diff, text = project.difference(versions, cause, standing.current(folder)), report.by_line(versions)
    if output_format == "json":
        terminal.json(report.document(diff))
    elif stat:
        _stat(diff, terminal)
    elif by_line:
        for line in text:
            terminal.result(coloured(line))
    else:
        print_diff(diff, terminal)
    return ExitCode.FINDINGS if (diff.grave and not folders) or (exit_code and diff.changes) else ExitCode.DONE


def _versions(folder: Path, terminal: Terminal) -> tuple[Versions, str]:
    """What is compared, and where pending changes come from."""
    from midwatch import __version__
    from midwatch.cli.mend import mend
    from midwatch.diff.versions import read
    from midwatch.regenerate import lock as locks
    from midwatch.render.project import load_project

    mend(folder, terminal)
    project = load_project(folder)
    lock = locks.read(folder)
    causes = {
        "the spec": lock is None or lock.spec_sha256 != project.spec_sha256,
        f"midwatch {__version__}": lock is not None and lock.version != __version__,
    }
    return read(folder, project.render().tree), " or ".join(cause for cause, so in causes.items() if so) or "midwatch"


def _stacks(folder: Path, folders: tuple[Path, ...]) -> tuple[Diff, Iterator[str]]:
    """The diff of two stacks, by meaning and by line."""
    from midwatch.check import stack
    from midwatch.diff import stacks

    read = [stack.read(folder / path, use_compose=False) for path in folders]
    for one in read:
        if one.compose.problems:
            at, message = one.compose.problems[0]
            raise MidwatchError(f"{one.folder}/{at} {message}", hint="mend the file first")
    return stacks.difference(*read), stacks.by_line(*read)


def print_diff(diff: Diff, terminal: Terminal) -> None:
    """Every change under its heading, what all of them do together, and the numbers."""
    for origin, title in _TITLES.items():
        changes = [one for one in diff.changes if one.change.origin.value == origin]
        if not changes:
            continue
        terminal.result(click.style(title, bold=True))
        for line in _told(changes, () if terminal.verbose or origin not in _BRIEF else _BRIEF[origin]):
            terminal.result(f"  {line}")
    _together(diff, terminal)
    _summary(diff, terminal)


def _told(changes: list[Explained], brief: tuple[str, ...]) -> list[str]:
    """One line for each change; where they are many, one for all of a file or folder that ``brief`` names."""
    groups: dict[str, list[Explained]] = {}
    for one in changes:
        head, slash, _ = one.change.file.rpartition("/")
        groups.setdefault(f"{head}/" if slash and not one.change.path else one.change.file, []).append(one)
    lines = []
    for place, group in groups.items():
        if place.startswith(brief) and len(group) > _MOST:
            what = "files" if place.endswith("/") else "values"
            lines.append(f"{printable(place)}: {len(group)} {what}")
        else:
            lines += [_line(one) for one in group]
    return lines


def _line(one: Explained) -> str:
    change = one.change
    # The sentence about a whole file begins with its name; only the line is missing there.
    where = str(change.where) if change.path else ""
    text = f"{where}: {one.sentence}" if where else one.sentence
    opens = any(not effect.closes for effect in one.effects)
    colour = "red" if one.grave else "yellow" if opens else ""
    return "\n      ".join(styled(printable(part), colour) for part in _wrapped(text, one))


def _wrapped(text: str, one: Explained) -> list[str]:
    """A long line as several: what changed, then each line of the review that it opens or closes."""
    from midwatch.diff.sentence import effects_lines, effects_text

    told = effects_text(one.effects, one.change)
    if len(text) <= _LONG or not told:
        return [text]
    return [text.removesuffix(f" {told}"), *effects_lines(one.effects, one.change)]


def _together(diff: Diff, terminal: Terminal) -> None:
    from midwatch.diff.sentence import effects_text

    for closes in (False, True):
        effects = [effect for effect in diff.together if effect.closes is closes]
        if effects:
            terminal.result(click.style("all together", bold=True))
            for part in effects_text(effects).split("; "):
                terminal.result(styled(f"  {printable(part)}", "green" if closes else "red"))


def _summary(diff: Diff, terminal: Terminal) -> None:
    from midwatch.diff.model import Origin
    from midwatch.diff.report import reopening
    from midwatch.listing import few

    names = {"hand": "by hand", "spec": "pending", "both": "both", "conflict": "in conflict", "other": "differences"}
    counts = [f"{count} {name}" for origin, name in names.items()
              if (count := sum(one.change.origin.value == origin for one in diff.changes))]  # fmt: skip
    terminal.say(", ".join(counts) or "no difference")
    for blocker, findings in reopening(diff).items():
        said = few([_subject(finding) + finding.message for finding in findings], 2)  # each is a sentence
        opened = "opened by the second stack" if diff.of(Origin.OTHER) else "re-opened by hand"
        terminal.result(styled(printable(f"{opened}: {blocker.line}: {said}"), "red"))


def _subject(finding: Finding) -> str:
    """Whose finding it is, where its message does not say."""
    own = finding.service and finding.message.startswith(f"{finding.service}: ")
    return "" if own or not finding.file else f"{finding.file}: "


def _stat(diff: Diff, terminal: Terminal) -> None:
    from midwatch.diff.model import Origin
    from midwatch.diff.report import stat

    rows = [(file, counts) for file, counts in stat(diff)]
    used = [origin for origin in Origin if any(counts.get(origin) for _, counts in rows)]
    titles = {Origin.HAND: "by hand", Origin.SPEC: "pending", Origin.OTHER: "changes"}
    columns = [titles.get(origin, origin.value) for origin in used]
    if rows:
        terminal.table("", ("file", *columns), [
            (file, *(str(counts.get(origin) or "-") for origin in used)) for file, counts in rows
        ], right=columns)  # fmt: skip
    _summary(diff, terminal)


def coloured(line: str) -> str:
    """A line of a unified diff for a terminal."""
    colours = {"-": "red", "+": "green", "@": "cyan"}
    head = line.startswith(("---", "+++"))
    return styled(printable(line), "" if head else colours.get(line[:1], ""))


def styled(text: str, colour: str) -> str:
    """In colour where the terminal takes it and NO_COLOR does not forbid it."""
    import os

    return click.style(text, fg=colour) if colour and not os.environ.get("NO_COLOR") else text
