"""``midwatch schema``: the JSON Schema of stack.yaml, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from midwatch.cli.options import common, with_context
from midwatch.cli.output import output_option, put
from midwatch.cli.terminal import Terminal


@click.command("schema", short_help="Print the JSON Schema of stack.yaml.")
@output_option
@common
@with_context
def command(_folder: Path, terminal: Terminal, output: Path | None) -> None:
    """Print the JSON Schema of stack.yaml.

    Put '# yaml-language-server: $schema=schema.json' on the first line of stack.yaml, and an editor that knows it
    completes and checks the spec.
    """
    import json

    from midwatch.spec.schema import json_schema

    put(json.dumps(json_schema(), indent=2, ensure_ascii=False), output, terminal)
