"""The project in a folder, as commands need it: recovered if need be, with its spec read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from midwatch.cli.terminal import Terminal
from midwatch.errors import TargetError

if TYPE_CHECKING:
    from midwatch.render.extra import Extras
    from midwatch.spec.load import Known
    from midwatch.spec.model import Spec

SPEC = "stack.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    """A project that was read. ``spec_sha256`` covers the spec and the fragments that it names."""

    folder: Path
    spec: Spec
    extras: Extras
    spec_sha256: str


def require(folder: Path) -> Path:
    """The path of the folder's spec. Raises TargetError where there is none."""
    path = folder / SPEC
    if path.is_file():
        return path
    if folder.exists() and not folder.is_dir():
        raise TargetError(f"{folder} is not a folder", hint="name the project's folder")
    raise TargetError(
        f"there is no {SPEC} in {folder.absolute()}",
        hint="start a project with 'midwatch init DIR', or name its folder with -C DIR",
    )


def mend(folder: Path, terminal: Terminal) -> None:
    """Finish a write that an earlier command could not: nobody may read a mix. Raises TargetError."""
    from midwatch.regenerate.write import recover

    done = recover(folder)
    if done:
        terminal.say(done)


def known() -> Known:
    """The names of the catalogue, which the spec may refer to."""
    from midwatch.plan.build import catalogue
    from midwatch.spec.load import Known

    return Known(catalogue().alert_names(), frozenset(catalogue().components))


def read(folder: Path) -> Project:
    """Read the spec and its fragments. Raises SpecError with every problem, TargetError without a spec."""
    from hashlib import sha256

    from midwatch.render.project import load_extras
    from midwatch.spec import load

    loaded = load.read(require(folder), known=known())
    extras = load_extras(folder, loaded.spec)
    hashed = sha256(loaded.source)
    for fragment in (*loaded.spec.extra.compose, *loaded.spec.extra.prometheus):
        hashed.update(sha256((folder / fragment).read_bytes()).digest())
    return Project(folder, loaded.spec, extras, hashed.hexdigest())
