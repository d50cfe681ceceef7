"""``midwatch resolve``: settle what a hand edit and the spec changed to different things."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from midwatch.cli.conflicts import print_conflicts, shorten
from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal
from midwatch.errors import ExitCode, MidwatchError

if TYPE_CHECKING:
    from midwatch.regenerate.unsettled import Pending


@click.command("resolve", short_help="Settle what a hand edit and the spec changed differently.")
@click.argument("conflicts", nargs=-1, metavar="[NUMBER|FILE|FILE:KEY]...")
@click.option("--all", "everything", is_flag=True, help="All conflicts.")
@click.option("--ours", "answer", flag_value="ours", help="Keep what is in the file: the hand edit.")
@click.option("--theirs", "answer", flag_value="theirs", help="Take what is generated now.")
@click.option("--edit", "answer", flag_value="edit", help="Write another value, in $EDITOR.")
@click.option("--value", metavar="YAML", help="Take this value instead of both.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    conflicts: tuple[str, ...],
    everything: bool,
    answer: str | None,
    value: str | None,
    output_format: str,
) -> int:
    """Settle what a hand edit and the spec changed to different things.

    Without an answer it lists the conflicts that are left; exit code 1 while there are any. Until then the files hold
    the hand edit. 'midwatch undo' takes an answer back.

    \b
    midwatch resolve                                 what is left
    midwatch resolve 1 --theirs                      take what is generated now
    midwatch resolve compose.yaml --ours             keep every edit of this file
    midwatch resolve 2 --value 2g                    neither: this
    midwatch resolve --all --ours
    """
    from midwatch.cli.mend import mend
    from midwatch.regenerate import unsettled
    from midwatch.regenerate.resolve import select

    mend(folder, terminal)
    found = unsettled.read(folder)
    if answer or value is not None:
        if answer and value is not None:
            raise MidwatchError("--value is an answer of its own", hint="leave --ours, --theirs or --edit out")
        if not conflicts and not everything:
            raise MidwatchError("which conflict?", hint="name its number, its file, or --all")
        if found or conflicts:
            _settle(folder, terminal, list(found) if everything else select(found, conflicts), answer, value)
        found = unsettled.read(folder)
    elif conflicts:
        found = tuple(select(found, conflicts))
    if output_format == "json":
        terminal.json({"format": 1, "conflicts": [unsettled.document(one) for one in found]})
    else:
        print_conflicts(terminal, found)
        terminal.say(f"{len(found)} to settle" if found else "no conflict is left")
    return ExitCode.FINDINGS if found else ExitCode.DONE


def _settle(folder: Path, terminal: Terminal, chosen: Sequence[Pending], answer: str | None, value: str | None) -> None:
    from midwatch.regenerate.resolve import OURS, THEIRS, resolve

    if answer in ("ours", "theirs"):
        resolve(folder, chosen, OURS if answer == "ours" else THEIRS)
        for one in chosen:
            terminal.say(f"settled {one.where}: {one.what}: {answer}")
        return
    for one in chosen:
        new = _parsed(value, one) if value is not None else _edited(one)
        resolve(folder, [one], new)
        terminal.say(f"settled {one.where}: {one.what}: {shorten(new)}")


def _parsed(text: str, one: Pending) -> Any:
    """The value: YAML where the file has keys, else the lines themselves."""
    if not one.path:
        return text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise MidwatchError(f"the value is not YAML: {str(error).splitlines()[0]}") from error


def _edited(one: Pending) -> Any:
    from io import StringIO

    from ruamel.yaml import YAML

    ours, theirs = one.values.get("ours"), one.values.get("theirs")
    if not one.path:
        text = click.edit(str(ours or ""), extension=".txt")
    else:
        out = StringIO()
        YAML().dump(ours, out)
        head = f"# {one.where}: {one.key}\n# generated now: {shorten(theirs)}\n"
        text = click.edit(head + out.getvalue().removesuffix("...\n"), extension=".yaml")
    if text is None:
        raise MidwatchError("nothing was saved in the editor", hint="the conflict is as it was")
    return _parsed(text, one) if one.path else text.removesuffix("\n")
