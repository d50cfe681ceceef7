"""No secret can get into git."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker, Position
from midwatch.check.gitignore import ignored
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    file = stack.files.get(".gitignore")
    text = file.text if file else ""
    for name in stack.parts["secrets"]:
        path = stack.secret_file(name)
        if path and not path.startswith(("/", "..")) and not ignored(path, text):
            yield Flaw(f"secret file {path} is not ignored by git", Position(".gitignore"), key=f"secrets.{name}")


RULE = Rule(
    id="secret-ignored",
    title="Every secret file is ignored by git",
    why=("A secret that was committed once is in every clone for ever; it has to be changed, at once and everywhere."),
    fix="add secrets/ to .gitignore",
    blocker=Blocker.HARDENING,
    check=_check,
    good="secrets/",
    bad="# .gitignore without secrets/",
)
