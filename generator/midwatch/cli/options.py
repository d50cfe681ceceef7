"""The options that all commands share. They may stand before or after the command's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from midwatch import __version__
from midwatch.cli.terminal import Terminal

_Command = Callable[..., Any]


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Keep what was given for all commands below; the innermost one wins."""
    if value:
        ctx.find_root().meta[f"midwatch.{param.name}"] = value
    return value


def common(function: _Command) -> _Command:
    """Add ``-C``, ``--quiet`` and ``--verbose``; the function gets them by ``with_context``."""
    options = (
        click.option("-C", "--directory", type=click.Path(path_type=Path), metavar="DIR", expose_value=False,
                     callback=_remember, help="The project's folder instead of the current one."),
        click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_remember,
                     help="Print results and errors only."),
        click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=_remember,
                     help="Print more, e.g. files that did not change."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def formats(*names: str) -> Callable[[_Command], _Command]:
    """Add ``--format``; the first name is the default. The function receives ``output_format``."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How the result is printed.",
    )


def folder(ctx: click.Context) -> Path:
    """The project's folder: ``-C`` or the current one."""
    given: Path = ctx.find_root().meta.get("midwatch.directory", Path())
    return given


def terminal(ctx: click.Context) -> Terminal:
    """The terminal with the verbosity that was asked for."""
    meta = ctx.find_root().meta
    return Terminal(quiet=bool(meta.get("midwatch.quiet")), verbose=bool(meta.get("midwatch.verbose")))


def show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Print the version at once, whatever else was asked for."""
    if value:
        click.echo(f"midwatch {__version__}")
        ctx.exit()


def with_context(function: _Command) -> _Command:
    """Pass ``folder`` and ``terminal`` as the first two arguments."""

    @click.pass_context
    @wraps(function)
    def wrapped(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        return function(folder(ctx), terminal(ctx), *args, **kwargs)

    return wrapped
