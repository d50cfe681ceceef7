"""``--output FILE``: a result that goes into a file instead of stdout."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from midwatch.cli.terminal import Terminal
from midwatch.errors import TargetError

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the result to a file.",
)


def put(text: str, output: Path | None, terminal: Terminal) -> None:
    """Print the text, or write it to the file, whole or not at all. Raises TargetError."""
    if output is None:
        terminal.result(text)
        return
    data = text if text.endswith("\n") else f"{text}\n"
    if output.exists() and not output.is_file():
        # A pipe or a device, such as /dev/stdout: it cannot be replaced.
        output.write_text(data, encoding="utf-8")
        return
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=output.parent, prefix=f".{output.name}.", delete=False
        ) as file:
            try:
                file.write(data)
                file.flush()
                # A report is no secret, and CI's next step may be another user.
                os.fchmod(file.fileno(), 0o644)
                Path(file.name).replace(output)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise TargetError(f"cannot write {output}: {error.strerror}") from error
    terminal.say(f"written: {output}")
