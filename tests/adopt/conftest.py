"""A generated project for hand edits, shared with the tests of the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.adopt.adoption import Adoption, adopt
from midwatch.diff import project as projects
from midwatch.diff.versions import read
from midwatch.render.project import load_project
from tests.diff.conftest import pristine, project

__all__ = ["pristine", "project"]


@pytest.fixture
def adopted(project: Path) -> Callable[[], Adoption]:
    """What adopting the project's hand edits gives; nothing is written."""

    def run() -> Adoption:
        loaded = load_project(project)
        rendered = loaded.render()
        versions = read(project, rendered.tree)
        return adopt(loaded, versions, rendered, projects.difference(versions).changes)

    return run
