"""Finishing what an earlier command could not, before a command reads or writes a project."""

from __future__ import annotations

from pathlib import Path

from midwatch.cli.terminal import Terminal


def mend(folder: Path, terminal: Terminal) -> None:
    """Finish a write that was interrupted: nobody may read a mix. Raises TargetError."""
    from midwatch.regenerate.write import recover

    done = recover(folder)
    if done:
        terminal.say(done)
