"""The one error tree and the one table of exit codes.

Every command ends with a code of this table; ``docs/reference/exit-codes.md`` is generated from it.
Only ``midwatch.cli`` turns an error into output and an exit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

RIGHTS = "run midwatch as the user whom the files belong to; 'ls -la' shows who that is"
"""The way out where the file system refuses."""


class ExitCode(IntEnum):
    """What the shell sees. The docstring of each member is its line in the reference."""

    DONE = 0
    FINDINGS = 1
    BAD_INPUT = 2
    MISSING_PROGRAM = 3
    BUG = 70


EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.DONE: "done, or clean: nothing to report",
    ExitCode.FINDINGS: "findings, differences or conflicts: read the output",
    ExitCode.BAD_INPUT: "bad input: the spec, an option or the target folder; nothing was written",
    ExitCode.MISSING_PROGRAM: "a needed program or engine is missing or failed",
    ExitCode.BUG: "a bug in midwatch: a log to paste into a report was written, its path is printed",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it.

    ``line`` and ``column`` count from 1, as editors do; 0 means that the place is not known.
    ``key`` is the dotted path inside the file (``apps[0].port``), empty for the file itself.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""
    hint: str = ""

    @property
    def where(self) -> str:
        """``file:line:column``, as far as it is known."""
        parts = [self.file] if self.file else []
        if self.file and self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where + ': ' if self.where else ''}{key}{self.message}{hint}"


class MidwatchError(Exception):
    """Base of all errors that a user may meet. ``hint`` says what to do next."""

    exit_code: ExitCode = ExitCode.BAD_INPUT

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)


class SpecError(MidwatchError):
    """The spec is wrong; ``problems`` holds every mistake, not only the first."""


class TargetError(MidwatchError):
    """The folder to write to cannot or must not be written."""


class ProgramError(MidwatchError):
    """A needed program or engine is missing or failed."""

    exit_code = ExitCode.MISSING_PROGRAM


class BlueprintError(MidwatchError):
    """A blueprint is broken: ours, so it is a bug, but it says in which file."""

    exit_code = ExitCode.BUG
