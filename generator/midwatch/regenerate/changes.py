"""What a new tree would change on disk, and what stands against it. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from midwatch.errors import HandEditError, MidwatchError, Problem, TargetError
from midwatch.regenerate.files import Found, digest, look
from midwatch.regenerate.lock import Lock
from midwatch.regenerate.paths import BASE, REPLACED, check_parents
from midwatch.render.model import File, Tree

Kind = Literal["created", "updated", "unchanged", "deleted", "replaced", "kept"]


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file.

    ``replaced`` is a hand-edited file that ``--force`` overwrites (a copy is kept); ``kept`` is a hand-edited file
    that midwatch no longer generates and leaves alone.
    """

    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes, sorted by path, and the files that only ``--force`` would overwrite."""

    files: tuple[Change, ...]
    blocked: tuple[Problem, ...] = ()

    def of(self, *kinds: Kind) -> tuple[str, ...]:
        """The paths of these kinds."""
        return tuple(change.path for change in self.files if change.kind in kinds)

    @property
    def any(self) -> bool:
        """Whether a file would be written or removed."""
        return bool(self.of("created", "updated", "deleted", "replaced"))


def compare(folder: Path, tree: Tree, lock: Lock | None, *, force: bool = False) -> Changes:
    """Hold the tree against what lies in the folder.

    Raises TargetError for what no option overrides: a link or a folder in the way, or, where midwatch has never
    generated anything, files of somebody else.
    """
    changes: list[Change] = []
    blocked: list[Problem] = []
    for path, file in tree.items():
        check_parents(folder, path)
        found = look(folder / path)
        kind, problem = _one(folder, path, file, found, lock)
        if problem and force and lock is not None:
            kind, problem = "replaced", None
        if problem:
            blocked.append(problem)
        changes.append(Change(path, kind))
    for path in sorted(set(lock.files if lock else ()) - set(tree)):
        check_parents(folder, path)
        found = look(folder / path)
        if found and lock:
            changes.append(Change(path, "deleted" if found.sha256 == lock.files[path].sha256 else "kept"))
    if blocked and lock is None:
        raise TargetError(
            f"{folder} holds files that midwatch did not make",
            hint="use an empty folder, or move these files away",
            problems=blocked,
        )
    return Changes(tuple(sorted(changes, key=lambda change: change.path)), tuple(blocked))


def _one(folder: Path, path: str, file: File, found: Found | None, lock: Lock | None) -> tuple[Kind, Problem | None]:
    if found is None:
        return "created", None
    if found.kind in ("folder", "other"):
        what = "a folder" if found.kind == "folder" else "no regular file"
        raise TargetError(f"{path} is {what}, and midwatch has to write a file there", hint="move it away")
    if found.kind == "file" and found.sha256 == digest(file.data):
        return ("unchanged" if found.executable == file.executable else "updated"), None
    entry = lock.files.get(path) if lock else None
    if entry is None:
        return "updated", Problem("there is a file of that name which midwatch did not make", file=path)
    if found.kind == "link" or found.sha256 != entry.sha256:
        line = first_difference(folder, path) if found.kind == "file" else 0
        return "updated", Problem("edited by hand since it was generated", file=path, line=line)
    return "updated", None


def first_difference(folder: Path, path: str) -> int:
    """The first line of a file that is not as it was generated; 0 where that is not known."""
    try:
        before = (folder / BASE / path).read_bytes().split(b"\n")
        now = (folder / path).read_bytes().split(b"\n")
    except OSError:
        return 0
    same = (number for number, pair in enumerate(zip(before, now, strict=False), 1) if pair[0] != pair[1])
    return next(same, min(len(before), len(now)) if len(before) != len(now) else 0)


def hand_edits(blocked: tuple[Problem, ...]) -> MidwatchError:
    """The error that names every file which would lose somebody's work."""
    many = len(blocked) > 1
    return HandEditError(
        f"{len(blocked)} {'files' if many else 'file'} would be overwritten; nothing was written",
        hint="move what you need into stack.yaml (see extra.compose, extra.prometheus and alerting.overrides), "
        f"or run 'midwatch generate --force': it keeps a copy in {REPLACED}/",
        problems=blocked,
    )
