"""The lock file, ``.midwatch/lock.json``: what was generated last time, from which spec, by which version.

It is the only way to tell a file that midwatch made from one that somebody edited. It holds no time and no path of
the machine, so that the same spec gives the same lock file everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midwatch.errors import TargetError
from midwatch.regenerate.files import EXECUTABLE, PLAIN, content, digest, mode_of
from midwatch.regenerate.paths import LOCK, problem_with
from midwatch.render.model import Tree
from midwatch.spec import migrate as specs

FORMAT = 2
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One generated file as it left midwatch."""

    sha256: str
    mode: int


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole lock file. ``files`` is keyed by path below the project folder.

    ``spec_format`` is the format of the spec that it was generated from: the spec itself does not say.
    """

    version: str
    spec_sha256: str
    files: Mapping[str, Entry]
    spec_format: int = specs.FORMAT


def of(tree: Tree, *, version: str, spec_sha256: str) -> Lock:
    """The lock that belongs to a tree."""
    files = {path: Entry(digest(file.data), mode_of(file.executable)) for path, file in sorted(tree.items())}
    return Lock(version, spec_sha256, files)


def dump(lock: Lock) -> bytes:
    """The lock as it is written: sorted, one file a line, so that git shows what changed."""
    head = {
        "format": FORMAT,
        "midwatch": lock.version,
        "spec_format": lock.spec_format,
        "spec_sha256": lock.spec_sha256,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    entries = [
        f"    {json.dumps(path)}: " + json.dumps({"sha256": entry.sha256, "mode": f"{entry.mode:04o}"})
        for path, entry in sorted(lock.files.items())
    ]
    return ("{\n" + "\n".join(lines) + '\n  "files": {\n' + ",\n".join(entries) + "\n  }\n}\n").encode()


def parse(data: bytes) -> Lock:
    """Read a lock file. Raises ValueError for anything that ``dump`` would not write."""
    raw = json.loads(data.decode())
    if not isinstance(raw, dict) or not isinstance(raw.get("format"), int):
        raise ValueError("it is no lock file")
    if not 1 <= raw["format"] <= FORMAT:
        raise ValueError(f"it has format {raw['format']}, and this midwatch reads formats 1 to {FORMAT}")
    for number in range(raw["format"], FORMAT):
        raw = _MIGRATIONS[number](raw)
    files = {}
    for path, entry in raw["files"].items():
        mode = int(entry["mode"], 8)
        if problem_with(path) or not _SHA256.fullmatch(entry["sha256"]) or mode not in (PLAIN, EXECUTABLE):
            raise ValueError(f"its entry for {path!r} is not valid")
        files[path] = Entry(entry["sha256"], mode)
    return Lock(str(raw["midwatch"]), str(raw["spec_sha256"]), files, int(raw["spec_format"]))


def _from_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Format 1 knew one format of the spec, the first."""
    return {**raw, "format": 2, "spec_format": 1}


_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""Format -> what makes the next one of it. tests/regenerate/stored has a project of every format."""


def read(folder: Path) -> Lock | None:
    """The lock of a project folder, None if nothing was generated there yet.

    Raises TargetError when the file cannot be read or is not a lock file.
    """
    path = folder / LOCK
    try:
        return parse(content(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if _merged(path):
            raise TargetError(
                f"{LOCK} holds the markers of a git merge",
                hint="settle stack.yaml first; then 'git checkout HEAD -- .midwatch', 'midwatch generate', "
                "'git add --all .'",
            ) from error
        told = error if isinstance(error, ValueError) else "it is no lock file"
        reason = error.strerror if isinstance(error, OSError) else told
        raise TargetError(
            f"{LOCK} cannot be used: {reason}",
            hint="restore it from git, or update midwatch if a newer one wrote it",
        ) from error


def refuse_newer(folder: Path, version: str) -> None:
    """Raise TargetError where a newer midwatch than this ``version`` wrote the project: what it knows and this one does
    not would be taken back without a word. Only released parts count, so that a development version is no other one."""
    lock = read(folder)
    if lock is not None and _release(lock.version) > _release(version):
        raise TargetError(
            f"a newer midwatch wrote this project: {lock.version}; this one is {version}, and would take values back",
            hint=f"install midwatch {lock.version} or a newer one; 'midwatch generate --force' goes back all the same, "
            "and writes over hand edits (a copy of each is kept)",
        )


def _release(version: str) -> tuple[int, ...]:
    """``(1, 2)`` of ``1.2.0.dev3+g1a2b3c``; empty for what is no version."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    parts = [int(part) for part in found[1].split(".")] if found else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _merged(path: Path) -> bool:
    """Whether git left both sides of a merge in the file."""
    try:
        return any(line.startswith(b"<<<<<<< ") for line in content(path).splitlines())
    except OSError:
        return False
