"""Makes, asks for and derives what is missing. The only part that writes secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Literal

from midwatch.errors import MidwatchError
from midwatch.plan.model import Plan, Secret
from midwatch.secrets import git, store
from midwatch.secrets.derive import derive
from midwatch.secrets.forms import problem_with
from midwatch.secrets.state import look, values

Deed = Literal["made", "asked", "derived", "mode"]
Ask = Callable[[Secret, str], str | None]
"""Asks a person for a value; the text says what was wrong with the last answer. None: nobody can be asked."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to one secret."""

    name: str
    deed: Deed


def by_name(plan: Plan, name: str) -> Secret:
    """The secret of that name (or file). Raises MidwatchError with the names that there are."""
    for secret in plan.secrets:
        if name in (secret.name, secret.file):
            return secret
    known = ", ".join(secret.name for secret in plan.secrets)
    raise MidwatchError(f"this stack has no secret '{name}'", hint=f"it has: {known}")


def intent(plan: Plan, folder: Path, rotate: Collection[str] = ()) -> tuple[Done, ...]:
    """What ``settle`` would do. Writes nothing."""
    deeds: Mapping[str, Deed] = {"random": "made", "asked": "asked", "derived": "derived"}
    todo = []
    changed: set[str] = set()
    for standing in look(plan, folder):
        secret = standing.secret
        if standing.state == "unreadable" and secret.name not in rotate:
            todo.append(Done(secret.name, "mode"))
        elif standing.missing or secret.name in rotate or (secret.made == "derived" and changed):
            todo.append(Done(secret.name, deeds[secret.made]))
            changed.add(secret.name)
    return tuple(todo)


def settle(
    plan: Plan, folder: Path, *, ask: Ask, given: Mapping[str, str] | None = None, rotate: Collection[str] = ()
) -> tuple[Done, ...]:
    """Bring every secret into place that can be: ``given`` values first, then random ones, questions, derived ones.

    A value that is there is replaced only when its name is in ``rotate``. Raises TargetError (git would publish it, or
    it cannot be written) and MidwatchError (a given value is not of the form it must have).
    """
    given = given or {}
    _refuse(plan, folder, given, rotate)
    done: list[Done] = []

    def put(secret: Secret, value: str, deed: Deed) -> None:
        store.write(store.path_of(folder, secret), value)
        done.append(Done(secret.name, deed))

    for standing in look(plan, folder):
        secret = standing.secret
        if secret.name in given:
            put(secret, given[secret.name], "asked")
        elif secret.made == "random" and (standing.state == "missing" or secret.name in rotate):
            put(secret, token_urlsafe(_BYTES), "made")
        elif secret.made == "asked" and (standing.state == "missing" or secret.name in rotate):
            value = _asked(secret, plan, ask)
            if value is not None:
                put(secret, value, "asked")
    known = values(plan, folder)
    for standing in look(plan, folder):
        secret, path = standing.secret, store.path_of(folder, standing.secret)
        text = derive(secret, known, plan) if secret.made == "derived" else None
        if text is not None and standing.state in ("missing", "outdated"):
            put(secret, text, "derived")
        elif standing.state == "unreadable":
            path.chmod(store.FILE_MODE)
            done.append(Done(secret.name, "mode"))
    return tuple(done)


def _refuse(plan: Plan, folder: Path, given: Mapping[str, str], rotate: Collection[str]) -> None:
    """Everything that can stop it, before anything is written."""
    for name in rotate:
        if by_name(plan, name).made == "derived":
            raise MidwatchError(f"'{name}' follows from other secrets", hint="rotate those")
    for name, value in given.items():
        secret = by_name(plan, name)
        if secret.made == "derived":
            raise MidwatchError(f"'{name}' follows from other secrets and cannot be given", hint="give those")
        if store.read(store.path_of(folder, secret)) not in (None, value) and name not in rotate:
            raise MidwatchError(f"'{name}' has a value already", hint=f"add '--rotate {name}' to replace it")
        wrong = problem_with(value, secret, plan)
        if wrong:
            raise MidwatchError(f"the value for '{name}' cannot be right: {wrong}", hint=secret.purpose)
    git.refuse_tracked(folder)
    git.ignore(folder)
    git.refuse_not_ignored(folder)
    store.make_folder(folder / store.FOLDER)


def _asked(secret: Secret, plan: Plan, ask: Ask) -> str | None:
    wrong = ""
    while (answer := ask(secret, wrong)) is not None:
        answer = answer.strip()
        wrong = problem_with(answer, secret, plan)
        if not wrong:
            return answer
    return None
