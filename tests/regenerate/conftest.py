"""Small trees, and ways to look at a folder as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.regenerate import write as writer
from midwatch.render.model import File, Tree

OLD: Tree = {
    "compose.yaml": File(b"services: {old: {}}\n"),
    "ops": File(b"#!/bin/sh\necho old\n", executable=True),
    "prometheus/prometheus.yml": File(b"old: true\n"),
    "prometheus/rules/gone.yml": File(b"groups: []\n"),
    "runbooks/Same.md": File(b"# Same\n"),
}
NEW: Tree = {
    "compose.yaml": File(b"services: {new: {}}\n"),
    "loki/deep/er/loki.yaml": File(b"new: true\n"),
    "ops": File(b"#!/bin/sh\necho new\n", executable=True),
    "prometheus/prometheus.yml": File(b"new: true\n" * 3000),
    "runbooks/Same.md": File(b"# Same\n"),
}
START: Tree = {**OLD, "loki.yaml": File(b"a: 1\nb: 2\nc: 3\n"), "redis.conf": File(b"maxmemory 1\n")}
END: Tree = {**NEW, "loki.yaml": File(b"a: 1\nb: 2\nc: 4\n"), "redis.conf": File(b"maxmemory 2\n")}
"""With a file that is merged, and one that conflicts, once ``edit_by_hand`` was there."""


OWN = ("staging-", "busy", ".gitignore", "journal", "undo/files")
"""What a write keeps for itself."""


def edit_by_hand(folder: Path) -> None:
    """What a person changed in START."""
    (folder / "loki.yaml").write_text("a: 9 # mine\nb: 2\nc: 3\n")
    (folder / "redis.conf").write_text("maxmemory 3\n")


def put(folder: Path, tree: Tree, *, version: str = "1", force: bool = False) -> writer.Result:
    """Write a tree as the command does."""
    return writer.write(folder, tree, version=version, spec_sha256=version * 64, force=force)


def snapshot(folder: Path) -> dict[str, tuple[str, bytes, int]]:
    """Every file in a folder: path -> kind, content and mode; without what a write keeps for itself."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(tuple(f".midwatch/{own}" for own in OWN)):
            continue
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()).encode(), 0)
        elif path.is_file():
            found[name] = ("file", path.read_bytes(), path.stat().st_mode & 0o777)
    return found


def leftovers(folder: Path) -> list[str]:
    """What an interrupted write left in the state folder."""
    state = folder / ".midwatch"
    return [path.name for path in state.glob("staging-*")] + [path.name for path in state.glob("journal*")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a spec."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "stack.yaml").write_text("name: demo\n")
    return folder


@pytest.fixture
def both(tmp_path: Path) -> Callable[[Path], str]:
    """Tells whether a folder holds the old tree or the new one, byte by byte; fails the test for anything else."""
    wanted = {}
    for name in ("old", "new"):
        folder = tmp_path / f"reference-{name}"
        folder.mkdir()
        (folder / "stack.yaml").write_text("name: demo\n")
        put(folder, START, version="1")
        edit_by_hand(folder)
        if name == "new":
            put(folder, END, version="2")
        wanted[name] = snapshot(folder)

    def which(folder: Path) -> str:
        seen = snapshot(folder)
        for name, tree in wanted.items():
            if seen == tree:
                return name
        differs = {path for path in seen.keys() | wanted["old"].keys() if seen.get(path) != wanted["old"].get(path)}
        pytest.fail(f"a mix: differs from the old tree in {sorted(differs)}")

    return which
