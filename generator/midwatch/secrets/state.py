"""How each secret stands: there, missing, out of date. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from midwatch.plan.model import Plan, Secret
from midwatch.secrets.derive import derive, inputs
from midwatch.secrets.forms import problem_with
from midwatch.secrets.store import FOLDER, path_of, read, wrong_mode

State = Literal["present", "missing", "invalid", "outdated", "unreadable"]
"""``invalid``: not of the form it must have; ``outdated``: derived from values that changed; ``unreadable``: its mode
keeps the container from reading it, or lets others write it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One secret and how it stands. ``reason`` never holds a value."""

    secret: Secret
    state: State
    reason: str = ""

    @property
    def missing(self) -> bool:
        """Whether the stack cannot start for it."""
        return self.state != "present"

    @property
    def remedy(self) -> str:
        """What makes it present."""
        if self.secret.made != "asked" or self.state == "unreadable":
            return "'midwatch secrets' makes what is random and derives what follows"
        rotate = f" --rotate {self.secret.name}" if self.state == "invalid" else ""
        return (
            f"only a person knows {self.secret.name}: 'midwatch secrets{rotate}' asks for it, "
            f"'midwatch secrets{rotate} --stdin {self.secret.name}' reads it from standard input"
        )


def values(plan: Plan, folder: Path) -> dict[str, str]:
    """The values that are there, by name. Raises TargetError for a file that cannot be read."""
    found = {secret.name: read(path_of(folder, secret)) for secret in plan.secrets if secret.made != "derived"}
    return {name: value for name, value in found.items() if value is not None}


def look(plan: Plan, folder: Path) -> tuple[Standing, ...]:
    """Every secret of the plan, in its order. Raises TargetError, BlueprintError."""
    known = values(plan, folder)
    return tuple(_one(secret, known, plan, folder) for secret in plan.secrets)


def _one(secret: Secret, known: dict[str, str], plan: Plan, folder: Path) -> Standing:
    path = path_of(folder, secret)
    if secret.made == "derived":
        there, wanted = read(path), derive(secret, known, plan)
        if wanted is None or there is None:
            return Standing(secret, "missing", f"follows from {', '.join(inputs(secret, plan))}")
        if there != wanted.removesuffix("\n"):
            return Standing(secret, "outdated", f"follows from {', '.join(inputs(secret, plan))}")
    else:
        if secret.name not in known:
            return Standing(secret, "missing")
        if secret.made == "asked" and (wrong := problem_with(known[secret.name], secret, plan)):
            return Standing(secret, "invalid", wrong)
    if wrong_mode(path):
        return Standing(secret, "unreadable", f"{FOLDER}/{secret.file} must have mode 0444")
    return Standing(secret, "present")
