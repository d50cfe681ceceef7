"""A folder without a lock file that holds files where generated ones belong: somebody else's, or the lock is lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from midwatch.errors import Problem, TargetError
from midwatch.listing import folded
from midwatch.regenerate.paths import LOCK, STATE


def look_generated(folder: Path, paths: Collection[str]) -> bool:
    """Whether most of the files of a tree are there: then midwatch made them, and what it knew of them is lost."""
    return 2 * sum((folder / path).is_file() for path in paths) > len(paths)


def lost(folder: Path) -> TargetError:
    """The error for a project whose lock file is gone."""
    return TargetError(
        f"the files in {folder.absolute()} look generated, but {LOCK} is missing, by which midwatch tells hand edits",
        hint=f"restore it: 'git checkout {STATE}'; without git, 'midwatch generate --force' writes every file anew and "
        f"keeps what differs in {STATE}/replaced/",
    )


def strange(folder: Path, paths: Sequence[str]) -> TargetError:
    """The error for files of somebody else."""
    return TargetError(
        f"{folder} holds files that midwatch did not make",
        hint="use an empty folder, or move these files away",
        problems=[Problem("there is a file of that name which midwatch did not make" if path[-1] != "/" else
                          f"there are {count} files of those names which midwatch did not make", file=path)
                  for path, count in folded(paths)],
    )  # fmt: skip
