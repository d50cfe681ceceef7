"""The ``midwatch`` command and the list of its commands. Imports none of them until it is needed."""

from __future__ import annotations

from importlib import import_module

import click

from midwatch.cli.options import common, show_version

COMMANDS = (
    "init", "generate", "diff", "adopt", "resolve", "undo", "check", "plan", "pin",
    "secrets", "runbook", "drill", "sink", "schema",
)  # fmt: skip


class LazyGroup(click.Group):
    """A group whose commands are modules of this package with a ``command`` in each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click gives it)
        """The commands in the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"midwatch.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, and names the nearest command for an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None


@click.group(
    cls=LazyGroup,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
    invoke_without_command=True,
)
@common
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Print the version and exit.",
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """A small spec in, a production-hardened monitoring stack for Docker Compose out.

    \b
    A first run:
      midwatch init my-stack && cd my-stack
      midwatch generate && midwatch secrets && midwatch check
      docker compose up -d
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
