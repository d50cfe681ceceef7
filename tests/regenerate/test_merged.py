"""A write that merges hand edits: what is kept, what is listed, how it is settled, and the way back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from midwatch.errors import MidwatchError, TargetError
from midwatch.regenerate import unsettled
from midwatch.regenerate.resolve import OURS, THEIRS, resolve, select
from midwatch.regenerate.write import take_back
from midwatch.render.model import File, Tree
from tests.regenerate.conftest import END, START, edit_by_hand, put, snapshot

OLD: Tree = {"compose.yaml": File(b"services:\n  a: {image: x, mem_limit: 1g}\n  b:\n    image: y # pinned\n")}
NEW: Tree = {"compose.yaml": File(b"services:\n  a: {image: x2, mem_limit: 2g}\n  b:\n    image: y2 # pinned\n")}
MINE = "services:\n  a: {image: x, mem_limit: 3g} # OPS-1\n  b:\n    image: mine # pinned\n"


@pytest.fixture
def conflicting(project: Path) -> Path:
    put(project, OLD)
    (project / "compose.yaml").write_text(MINE)
    put(project, NEW, version="2")
    return project


def text(project: Path) -> str:
    return (project / "compose.yaml").read_text()


def test_the_file_keeps_the_hand_edit_and_the_conflicts_are_listed(conflicting: Path) -> None:
    assert text(conflicting) == MINE.replace("image: x,", "image: x2,")
    listed = unsettled.read(conflicting)
    assert [(one.where, one.key, *(one.values[side] for side in ("base", "ours", "theirs"))) for one in listed] == [
        ("compose.yaml:2:18", "services.a.mem_limit", "1g", "3g", "2g"),
        ("compose.yaml:4:5", "services.b.image", "y", "mine", "y2"),
    ]


def test_they_stay_listed_until_they_are_settled(conflicting: Path) -> None:
    before = snapshot(conflicting)
    result = put(conflicting, NEW, version="2")
    assert result.changes.of("edited") == ("compose.yaml",)
    assert len(result.conflicts) == 2
    assert snapshot(conflicting) == before


def test_each_answer(conflicting: Path) -> None:
    first, second = unsettled.read(conflicting)
    resolve(conflicting, [first], THEIRS)
    assert "mem_limit: 2g} # OPS-1" in text(conflicting)
    assert unsettled.read(conflicting) == (second,)
    resolve(conflicting, [second], "third:1")
    assert "image: third:1 # pinned" in text(conflicting)
    assert not (conflicting / ".midwatch/conflicts.yaml").exists()
    assert put(conflicting, NEW, version="2").conflicts == ()


def test_ours_changes_no_file(conflicting: Path) -> None:
    before = text(conflicting)
    resolve(conflicting, unsettled.read(conflicting), OURS)
    assert text(conflicting) == before
    assert put(conflicting, NEW, version="2").conflicts == ()


def test_a_conflict_by_line(project: Path) -> None:
    put(project, {"redis.conf": File(b"a\nb 1\nc\n")})
    (project / "redis.conf").write_text("a\nb 2\nc\nmine\n")
    (found,) = put(project, {"redis.conf": File(b"new\na\nb 3\nc\n")}, version="2").conflicts
    assert (found.where, found.values) == ("redis.conf:3", {"base": "b 1", "ours": "b 2", "theirs": "b 3"})
    assert (project / "redis.conf").read_text() == "new\na\nb 2\nc\nmine\n"
    resolve(project, [found], THEIRS)
    assert (project / "redis.conf").read_text() == "new\na\nb 3\nc\nmine\n"


def test_a_file_that_cannot_be_read_is_left_alone(project: Path) -> None:
    put(project, OLD)
    (project / "compose.yaml").write_text("services: [\n")
    (found,) = put(project, NEW, version="2").conflicts
    assert "cannot be merged" in found.why
    assert text(project) == "services: [\n"
    resolve(project, [found], THEIRS)
    assert (project / "compose.yaml").read_bytes() == NEW["compose.yaml"].data


def test_without_the_base_nothing_is_guessed(project: Path) -> None:
    put(project, OLD)
    (project / ".midwatch/base/compose.yaml").write_text("something else\n")
    (project / "compose.yaml").write_text(MINE)
    (found,) = put(project, NEW, version="2").conflicts
    assert "cannot be merged" in found.why
    assert text(project) == MINE


def test_select(conflicting: Path) -> None:
    listed = unsettled.read(conflicting)
    assert select(listed, ["2"]) == [listed[1]]
    assert select(listed, ["compose.yaml"]) == list(listed)
    assert select(listed, ["compose.yaml:services.b.image", "2"]) == [listed[1]]
    with pytest.raises(MidwatchError, match="no conflict '7'"):
        select(listed, ["7"])


def without_undo(folder: Path) -> dict[str, tuple[str, bytes, int]]:
    return {path: entry for path, entry in snapshot(folder).items() if not path.startswith(".midwatch/undo/")}


def test_undo_gives_back_every_byte(project: Path) -> None:
    put(project, START)
    edit_by_hand(project)
    (project / "ops").unlink()
    before = without_undo(project)
    put(project, END, version="2")
    assert without_undo(project) != before
    take_back(project)
    assert snapshot(project) == before
    with pytest.raises(TargetError, match="nothing to undo") as caught:
        take_back(project)
    assert "there is one step" in caught.value.hint, "the write of START was one too"
    assert put(project, END, version="2").changes.of("conflict") == ("redis.conf",)


def test_undo_of_an_answer(conflicting: Path) -> None:
    before = without_undo(conflicting)
    resolve(conflicting, unsettled.read(conflicting), THEIRS)
    take_back(conflicting)
    assert without_undo(conflicting) == before


def test_undo_after_a_kill_that_left_the_copies_in_the_staging_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project, START)
    edit_by_hand(project)
    before = without_undo(project)
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if str(target).endswith("undo/files"):
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", replace)
        put(project, END, version="2")
    take_back(project)
    assert without_undo(project) == before


def test_undo_loses_nothing_that_came_later(project: Path) -> None:
    put(project, START)
    put(project, END, version="2")
    (project / "ops").write_text("later\n")
    before = snapshot(project)
    with pytest.raises(TargetError, match="would lose") as caught:
        take_back(project)
    assert [problem.file for problem in caught.value.problems] == ["ops"]
    assert snapshot(project) == before
