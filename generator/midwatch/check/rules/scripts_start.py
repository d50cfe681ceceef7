"""Every script can be started."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.rules.generated_files import pages_with, script_of
from midwatch.check.stack import Stack
from midwatch.regenerate.files import EXECUTABLE

WINDOWS = "\r\n"


def _check(stack: Stack) -> Iterator[Flaw]:
    meant = stack.lock.files if stack.lock else {}
    for file in stack.of(Kind.SHELL):
        if WINDOWS in file.text:
            line = file.text[: file.text.index(WINDOWS)].count("\n") + 1
            text = f"{file.path} has the line ends of Windows: sh does not run it"
            yield Flaw(text, Position(file.path, line), blocker=_blocker(stack, file.path))
        if file.path in meant and meant[file.path].mode == EXECUTABLE and not file.executable:
            text = f"{file.path} is not executable any more"
            hint = f"chmod +x {file.path}"
            yield Flaw(text, Position(file.path), hint=hint, blocker=_blocker(stack, file.path))


def _blocker(stack: Stack, path: str) -> Blocker:
    """A script that runbooks begin commands with is what they stand on; another one fails in its container."""
    return Blocker.RUNBOOKS if pages_with(stack, script_of(path)) else Blocker.SILENT_FAILURE


RULE = Rule(
    id="scripts-start",
    title="Every script can be started",
    why=(
        "With the line ends of Windows the system looks for a program that is called 'sh' and a carriage return, and "
        "says 'required file not found'; one that lost its permission says 'permission denied'. Both show at the first "
        "command of a runbook."
    ),
    fix="write it with the line ends of Unix: sed -i 's/\\r$//' FILE; in git: '*.sh text eol=lf' and 'ops text eol=lf'",
    blocker=Blocker.RUNBOOKS,
    check=_check,
    good="$ head -1 ops | od -c\n#!/bin/sh\\n",
    bad="$ head -1 ops | od -c\n#!/bin/sh\\r\\n",
)
