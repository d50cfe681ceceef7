"""The command line: the only part that prints, exits or touches the terminal.

One file per command; each is imported when it is called, and imports what is heavy when it runs.
"""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Entry point of the ``midwatch`` program."""
    from midwatch.cli.run import run

    sys.exit(run(sys.argv[1:]))
