"""What a program of the lab is, and the one way to get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cache import LabError, cache, link, lock, making, timed


@dataclass(frozen=True)
class Program:
    """A program (or a few that come together) in one version, and how it is made.

    `make` fills an empty folder. It returns the version that it really got, since Debian's archive moves on and then
    gives a neighbour of the version that was asked for. Every name in `commands` is a file in that folder.
    """

    name: str
    version: str
    source: str
    make: Callable[[Path], str]
    commands: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    variant: str = ""
    """Tells builds of one version apart."""

    @property
    def folder(self) -> Path:
        return cache() / "programs" / "-".join(filter(None, (self.name, self.version, self.variant)))


@dataclass(frozen=True)
class Ready:
    """A program that is there: its folder, and its real version."""

    program: Program
    folder: Path
    version: str

    @property
    def label(self) -> str:
        return f"{self.program.name} {self.version} ({self.program.source})"


def ensure(program: Program) -> Ready:
    """Make the program unless the cache has it, and link its commands into the cache's bin/."""
    with lock(f"program-{program.name}"):
        if not (program.folder / "VERSION").is_file():
            with timed(f"{program.name} {program.version} from {program.source}"), making(program.folder) as folder:
                version = program.make(folder)
                lacking = [name for name in program.commands if not (folder / name).exists()]
                if lacking:
                    raise LabError(f"{program.name}: {program.source} did not bring {', '.join(lacking)}")
                (folder / "VERSION").write_text(version + "\n")
        for name in program.commands:
            link(program.folder / name, name)
        for alias, name in program.aliases:
            link(program.folder / name, alias)
    return Ready(program, program.folder, (program.folder / "VERSION").read_text().strip())
