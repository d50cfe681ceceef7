"""A generated project, and ways to edit it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch import __version__
from midwatch.diff import project as projects
from midwatch.diff.model import Diff, Explained
from midwatch.diff.versions import read
from midwatch.regenerate.write import write
from midwatch.render.project import load_project
from tests.conftest import EXAMPLES


def generate(folder: Path) -> None:
    """What ``midwatch generate`` writes."""
    project = load_project(folder)
    write(folder, project.render().tree, version=__version__, spec_sha256=project.spec_sha256)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as generated; not to be written to."""
    folder = tmp_path_factory.mktemp("pristine") / "sva"
    folder.mkdir()
    shutil.copy(EXAMPLES / "sva-studio" / "stack.yaml", folder)
    generate(folder)
    return folder


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    """A generated project of its own."""
    folder = tmp_path / "sva"
    shutil.copytree(pristine, folder)
    return folder


def edit(folder: Path, file: str, old: str, new: str, *, after: str = "") -> None:
    """Replace the first ``old`` behind ``after``; fails when either is not there, so that no test edits nothing."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert after in text, f"{after!r} is not in {file}"
    head, found, rest = text.partition(after) if after else ("", "", text)
    assert old in rest, f"{old!r} is not in {file}"
    path.write_text(head + found + rest.replace(old, new, 1), encoding="utf-8")


def memory(folder: Path, service: str, by: int) -> tuple[int, int]:
    """Raise a service's memory limit by so many MiB; the old and the new one."""
    path = folder / "compose.yaml"
    head, found, rest = path.read_text(encoding="utf-8").partition(f"\n  {service}:\n")
    assert found
    limit = re.search(r"limits:\n(?:.*\n)*?\s+memory: (\d+)m\n", rest)
    assert limit
    new = int(limit[1]) + by
    path.write_text(head + found + rest[: limit.start(1)] + str(new) + rest[limit.end(1) :], encoding="utf-8")
    return int(limit[1]), new


def difference(folder: Path) -> Diff:
    """The diff of a project as it is now."""
    return projects.difference(read(folder, load_project(folder).render().tree))


@pytest.fixture
def only(project: Path) -> Callable[[], Explained]:
    """The one change that the project has now."""

    def read_one() -> Explained:
        (one,) = difference(project).changes
        return one

    return read_one
