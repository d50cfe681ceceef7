"""``midwatch resolve``: settle what a hand edit and the spec changed to different things."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.conflicts import opened_document, print_conflicts, print_opened, shorten
from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal
from midwatch.errors import ExitCode, MidwatchError, ProgramError, TargetError

if TYPE_CHECKING:
    from midwatch.check.finding import Finding
    from midwatch.regenerate.unsettled import Pending


@click.command("resolve", short_help="Settle what a hand edit and the spec changed differently.")
@click.argument("conflicts", nargs=-1, metavar="[NUMBER|FILE|FILE:KEY]...")
@click.option("--all", "everything", is_flag=True, help="All conflicts.")
@click.option("--ours", is_flag=True, help="Keep what is in the file: the hand edit.")
@click.option("--theirs", is_flag=True, help="Take what is generated now.")
@click.option("--edit", is_flag=True, help="Write another value, in $EDITOR.")
@click.option("--value", metavar="YAML", help="Take this value instead of both; for one conflict.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    conflicts: tuple[str, ...],
    everything: bool,
    ours: bool,
    theirs: bool,
    edit: bool,
    value: str | None,
    output_format: str,
) -> int:
    """Settle what a hand edit and the spec changed to different things.

    Without an answer it lists the conflicts that are left; exit code 1 while there are any, and after an answer when
    hand edits re-open a line of the review. Until then the files hold the hand edit. A conflict keeps its number while
    others are settled. 'midwatch undo' takes an answer back.

    With --theirs it also takes back one hand edit that is in no conflict: the file, or the place that 'midwatch diff'
    tells.

    \b
    midwatch resolve                                 what is left
    midwatch resolve 1 --theirs                      take what is generated now
    midwatch resolve compose.yaml --ours             keep every edit of this file
    midwatch resolve 2 --value 2g                    neither: this
    midwatch resolve --all --ours
    midwatch resolve runbooks/RedisDown.md --theirs  bring back what was removed by hand
    """
    from midwatch.cli.mend import mend
    from midwatch.regenerate import lock as locks
    from midwatch.regenerate import standing, unsettled

    given = {"ours": ours, "theirs": theirs, "edit": edit, "value": value is not None}
    answers = [name for name, there in given.items() if there]
    if len(answers) > 1:
        raise MidwatchError(f"--{answers[0]} and --{answers[1]} are two answers", hint="give one of them")
    if answers and not conflicts and not everything:
        raise MidwatchError("which conflict?", hint="name its number, its file, or --all")
    mend(folder, terminal)
    if locks.read(folder) is None:
        raise TargetError(
            f"nothing was generated in {folder.absolute()} yet, or .midwatch is lost",
            hint="'midwatch generate' says which",
        )
    found = standing.current(folder)
    chosen = _chosen(folder, found, conflicts, answers)
    opened: tuple[Finding, ...] = ()
    if answers and (everything or chosen):
        if meant := found if everything else chosen:
            _settle(folder, terminal, meant, answers[0], value)
            opened = _opened(folder, terminal)
        found = standing.current(folder)
    elif conflicts:
        found = tuple(chosen)
    if output_format == "json":
        listed = [unsettled.document(one) for one in found]
        terminal.json({"format": 1, "conflicts": listed, "reopened": opened_document(opened)})
    else:
        print_conflicts(terminal, found)
        print_opened(terminal, opened)
        terminal.say(f"{len(found)} to settle" if found else "no conflict is left")
    return ExitCode.FINDINGS if found or opened else ExitCode.DONE


def _chosen(folder: Path, found: Sequence[Pending], names: Sequence[str], answers: Sequence[str]) -> Sequence[Pending]:
    """The conflicts that are named; hand edits only to be taken back."""
    from midwatch.regenerate.resolve import select

    return select(found, names, folder if answers == ["theirs"] else None) if names else ()


def _opened(folder: Path, terminal: Terminal) -> tuple[Finding, ...]:
    """What hand edits re-open after the answers, as 'generate' says it."""
    from midwatch.regenerate.reopened import reopened_now

    try:
        return reopened_now(folder)
    except TargetError as error:  # The answers are written; that nobody judged them has to be said.
        terminal.say(f"not judged: {error.message} ({error.hint})")
        return ()


def _settle(folder: Path, terminal: Terminal, chosen: Sequence[Pending], answer: str, value: str | None) -> None:
    from midwatch.regenerate.resolve import OURS, THEIRS, resolve

    if answer in ("ours", "theirs"):
        resolve(folder, chosen, OURS if answer == "ours" else THEIRS)
        for one in chosen:
            terminal.say(f"settled {one.where}: {one.what}: {answer}")
    else:
        if value is not None and len(chosen) > 1:
            raise MidwatchError(
                f"one value for {len(chosen)} conflicts", hint="name one of them, or answer with --ours or --theirs"
            )
        for one in chosen:
            new = _parsed(value, one) if value is not None else _edited(one)
            resolve(folder, [one], new)
            terminal.say(f"settled {one.where}: {one.what}: {shorten(one.hidden(new))}")
    terminal.say("'midwatch undo' takes the last answer back, and does not reach what was written before it")


def _parsed(text: str, one: Pending) -> Any:
    """The value: YAML where the file has keys, else the lines themselves."""
    if not one.path:
        return text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from midwatch.merge.fits import UnfitError, fitting

    sides = list(one.values.values())
    try:
        return fitting(text, YAML(typ="safe", pure=True).load(text), sides, one.path)
    except UnfitError as error:
        said = f"{one.where}: {one.what} cannot be {shorten(text.strip())}: {error}"
        raise MidwatchError(said, hint="nothing was written") from error
    except (YAMLError, ValueError) as error:
        raise MidwatchError(f"the value is not YAML: {str(error).splitlines()[0]}") from error


def _edited(one: Pending) -> Any:
    from io import StringIO

    from ruamel.yaml import YAML

    ours, theirs = one.values.get("ours"), one.values.get("theirs")
    head = f"# {one.where}: {one.key}\n# generated now: {shorten(theirs)}\n"
    if not one.path:
        text = _in_editor(str(ours or ""), ".txt")
    else:
        out = StringIO()
        YAML().dump(ours, out)
        text = _in_editor(head + out.getvalue().removesuffix("...\n"), ".yaml")
    if text is None:
        raise MidwatchError("nothing was saved in the editor", hint="the conflict is as it was")
    return _parsed(text.removeprefix(head), one) if one.path else text.removesuffix("\n")


def _in_editor(text: str, extension: str) -> str | None:
    """What a person made of it; None when nothing was saved."""
    if not (os.environ.get("VISUAL") or os.environ.get("EDITOR") or sys.stdin.isatty()):
        raise MidwatchError("there is no terminal to edit on", hint="set EDITOR, or give the value with --value")
    try:
        return click.edit(text, extension=extension)
    except click.ClickException as error:
        hint = "set EDITOR to a program that is there, or give the value with --value"
        raise ProgramError(f"the editor failed: {error.format_message()}", hint=hint) from error
