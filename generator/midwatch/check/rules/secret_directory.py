"""Only the owner can enter the folder of the secrets."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.rule import Flaw, Rule
from midwatch.check.service import relative
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    folders = {(stack.folder / path).parent for name in stack.parts["secrets"] if (path := stack.secret_file(name))}
    for folder in sorted(folders - {stack.folder}):
        if folder.is_dir() and (mode := folder.stat().st_mode & 0o777) & 0o077:
            name = relative(stack.folder, str(folder)) or str(folder)
            text = f"the folder {name} has mode {mode:04o}: others can read the secrets in it"
            yield Flaw(text, Position(name), hint=f"chmod 700 {name}")


RULE = Rule(
    id="secret-directory",
    title="The folder of the secrets has mode 0700",
    why=(
        "The files themselves must be readable for the processes in the containers, whoever they run as; "
        "so the folder is what keeps other users of the host out."
    ),
    fix="chmod 700 secrets",
    blocker=Blocker.HARDENING,
    check=_check,
    good="drwx------ secrets",
    bad="drwxr-xr-x secrets",
)
