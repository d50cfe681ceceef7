"""``midwatch init``: lay out a new project."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from midwatch.cli.options import common, formats, with_context
from midwatch.cli.terminal import Terminal, printable
from midwatch.errors import MidwatchError


@click.command("init", short_help="Lay out a new project.")
@click.argument("target", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--defaults", is_flag=True, help="Ask nothing: take the default of each question.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Answer one question; may be repeated.")
@click.option("--skip-existing", is_flag=True, help="Keep files that are there already instead of refusing.")
@formats("text", "json")
@common
@with_context
def command(
    folder: Path,
    terminal: Terminal,
    target: Path | None,
    defaults: bool,
    data: tuple[str, ...],
    skip_existing: bool,
    output_format: str,
) -> None:
    """Lay out a new project in DIR (the current folder if absent): stack.yaml, README, CI and pre-commit.

    Asks a few questions. What comes out is read back before anything is written, and no file that is there is
    overwritten.
    """
    from midwatch.cli.layout import render
    from midwatch.plan.build import build
    from midwatch.regenerate.place import check_new, place
    from midwatch.render.project import known
    from midwatch.spec import load

    place_in = folder / target if target else folder
    check_new(place_in)
    answers = _answers(data)
    if not defaults and not sys.stdin.isatty():
        raise MidwatchError(
            "there is no terminal to ask on", hint="give --defaults, and --data KEY=VALUE for what differs from them"
        )
    files = render(place_in.resolve().name, answers, defaults=defaults)
    build(load.parse(files["stack.yaml"], "stack.yaml", place_in, known=known()))
    written = place(place_in, files, skip_existing=skip_existing)
    kept = sorted(set(files) - set(written))
    if output_format == "json":
        terminal.json({"format": 1, "folder": str(place_in), "created": list(written), "kept": kept})
        return
    for path in written:
        terminal.result(f"created   {printable(path)}")
    for path in kept:
        terminal.detail(f"kept      {path}")
    step = f"cd {place_in} && " if place_in != Path() else ""
    terminal.say(f"next: {step}midwatch generate && midwatch secrets && midwatch check")


def _answers(data: tuple[str, ...]) -> dict[str, str]:
    answers = {}
    for item in data:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise click.UsageError(f"--data takes KEY=VALUE, not '{printable(item)}'")
        answers[key] = value
    return answers
