"""Runs a command and turns whatever happens into a message and an exit code: the only error handler."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from midwatch.cli.failure import as_document, format_of
from midwatch.cli.group import group
from midwatch.cli.terminal import printable
from midwatch.errors import RIGHTS, BlueprintError, ExitCode, MidwatchError, TargetError

INTERRUPTED = 130
"""128 + SIGINT, as shells say it."""
PIPE_CLOSED = 141
"""128 + SIGPIPE: who read the output went away."""
_COMPLETE = "_MIDWATCH_COMPLETE"


def run(args: Sequence[str]) -> int:
    """The exit code of the command; prints, never raises."""
    try:
        code = _invoke(list(args))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Nobody reads stdout any more: point it away, or Python complains when it flushes at the end.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _wrong_usage(error, args)
    except (click.Abort, EOFError) as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            _tell("interrupted")
            return INTERRUPTED
        _tell("error: the input ended before all questions were answered")
        return ExitCode.BAD_INPUT
    except MidwatchError as error:
        _explain(error, args)
        if error.exit_code is ExitCode.BUG:
            _log(error, args)
        return error.exit_code
    except Exception as error:
        return _unexpected(error, args)


def _unexpected(error: Exception, args: Sequence[str]) -> int:
    if isinstance(error, PermissionError):  # No bug of ours, whichever command met it.
        where = f": {error.filename}" if error.filename else ""
        _explain(TargetError(f"permission denied{where}", hint=RIGHTS), args)
        return ExitCode.BAD_INPUT
    _explain(BlueprintError(f"midwatch failed unexpectedly: {type(error).__name__}"), args)
    _log(error, args)
    return ExitCode.BUG


def _invoke(args: list[str]) -> int:
    instruction = os.environ.get(_COMPLETE)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "midwatch", _COMPLETE, instruction)
    # Not group.main(): it turns a closed pipe into exit code 1, which here means findings.
    with group.make_context("midwatch", args) as context:
        code = group.invoke(context)
    return code if isinstance(code, int) else ExitCode.DONE


def _wrong_usage(error: click.ClickException, args: Sequence[str]) -> int:
    if asked := format_of(args):
        _say(as_document(MidwatchError(error.format_message()), asked, ExitCode.BAD_INPUT))
    else:
        error.show()
    return ExitCode.BAD_INPUT


def _explain(error: MidwatchError, args: Sequence[str]) -> None:
    if asked := format_of(args):
        _say(as_document(error, asked, error.exit_code))
        return
    for problem in error.problems:
        _tell(str(problem))
    _tell(f"error: {error.message}")
    if error.hint:
        _tell(f"hint: {error.hint}")


def _log(error: BaseException, args: Sequence[str]) -> None:
    from midwatch.cli.crash import write_log

    path = write_log(error, args)
    _tell(f"This is a bug in midwatch. Please report it with {path}" if path else "This is a bug in midwatch.")


def _say(text: str) -> None:
    """The result, which this time is the error. Who read it may be gone."""
    with suppress(OSError):
        click.echo(text)


def _tell(text: str) -> None:
    with suppress(OSError):
        click.echo(printable(text), err=True)
