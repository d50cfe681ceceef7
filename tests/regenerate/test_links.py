"""A link where a generated file was: written over with --force, and brought back by undo as the link that it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.errors import TargetError
from midwatch.regenerate import write as writer
from tests.regenerate.conftest import NEW, OLD, put, snapshot


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.write_text("theirs\n")
    path.chmod(0o400)
    return path


@pytest.mark.parametrize("target", ["{outside}", "/nowhere/x", "../outside", "compose.yaml", "."])
def test_undo_brings_a_link_back_as_it_was(project: Path, outside: Path, target: str) -> None:
    put(project, OLD)
    here = project / "compose.yaml"
    here.unlink()
    here.symlink_to(target.format(outside=outside))
    before = snapshot(project)
    put(project, NEW, version="2", force=True)
    assert here.read_bytes() == NEW["compose.yaml"].data
    assert here.stat().st_mode & 0o777 == 0o644  # Not that of the file behind the link.
    writer.take_back(project)
    after = snapshot(project)
    kept = [name for name in after if name.startswith(".midwatch/replaced/")]
    assert {name: found for name, found in after.items() if name not in kept} == {
        name: found for name, found in before.items() if not name.startswith(".midwatch/undo/")
    }
    assert outside.read_text() == "theirs\n"
    assert outside.stat().st_mode & 0o777 == 0o400


def test_what_is_behind_a_link_is_not_copied(project: Path, outside: Path) -> None:
    put(project, OLD)
    (project / "compose.yaml").unlink()
    (project / "compose.yaml").symlink_to(outside)
    put(project, NEW, version="2", force=True)
    copy = project / ".midwatch/replaced/compose.yaml"
    assert copy.readlink() == outside


def test_undo_refuses_where_a_link_leads_elsewhere_since(project: Path, outside: Path) -> None:
    put(project, OLD)
    here = project / "compose.yaml"
    here.unlink()
    here.symlink_to(outside)
    put(project, NEW, version="2", force=True)
    here.unlink()
    here.symlink_to("/elsewhere")
    with pytest.raises(TargetError, match="would lose") as caught:
        writer.take_back(project)
    assert [problem.file for problem in caught.value.problems] == ["compose.yaml"]
    assert here.readlink() == Path("/elsewhere")
