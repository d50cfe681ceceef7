"""What a write does, and what it refuses."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from midwatch.errors import BlueprintError, MidwatchError, TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate.changes import Changes
from midwatch.regenerate.files import digest
from midwatch.regenerate.write import preview, recover
from midwatch.render.model import File
from tests.regenerate.conftest import NEW, OLD, leftovers, put, snapshot


def kinds(changes: Changes) -> Mapping[str, str]:
    return {change.path: change.kind for change in changes.files}


def times(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and modification time of everything, folders too: a file written anew has others."""
    return {str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in [folder, *folder.rglob("*")]}


def test_first_write(project: Path) -> None:
    result = put(project, OLD)
    assert set(kinds(result.changes).values()) == {"created"}
    for path, file in OLD.items():
        for copy in (project / path, project / ".midwatch/base" / path):
            assert copy.read_bytes() == file.data
            assert copy.stat().st_mode & 0o777 == (0o755 if file.executable else 0o644)
    assert not leftovers(project)
    raw = json.loads((project / ".midwatch/lock.json").read_bytes())
    assert raw["files"]["ops"] == {"sha256": digest(OLD["ops"].data), "mode": "0755"}
    assert raw["spec_sha256"] == "1" * 64


def test_a_second_write_touches_nothing(project: Path) -> None:
    put(project, OLD)
    before = times(project)
    result = put(project, OLD)
    assert set(kinds(result.changes).values()) == {"unchanged"}
    assert times(project) == before


def test_modes_do_not_depend_on_the_umask(project: Path) -> None:
    old = os.umask(0o077)
    try:
        put(project, OLD)
    finally:
        os.umask(old)
    assert (project / "ops").stat().st_mode & 0o777 == 0o755
    assert (project / "compose.yaml").stat().st_mode & 0o777 == 0o644


def test_a_change_writes_only_what_differs(project: Path) -> None:
    put(project, OLD)
    before = times(project)
    result = put(project, NEW, version="2")
    assert kinds(result.changes) == {
        "compose.yaml": "updated",
        "loki/deep/er/loki.yaml": "created",
        "ops": "updated",
        "prometheus/prometheus.yml": "updated",
        "prometheus/rules/gone.yml": "deleted",
        "runbooks/Same.md": "unchanged",
    }
    after = times(project)
    for path in ("runbooks/Same.md", ".midwatch/base/runbooks/Same.md", "stack.yaml"):
        assert after[str(project / path)] == before[str(project / path)]
    assert not (project / "prometheus/rules").exists(), "the folder that became empty is gone"
    assert not (project / ".midwatch/base/prometheus/rules").exists()
    assert locks.read(project) == locks.of(NEW, version="2", spec_sha256="2" * 64)


def test_a_removed_file_stays_away_until_force(project: Path) -> None:
    put(project, OLD)
    (project / "ops").unlink()
    (project / "compose.yaml").chmod(0o755)
    for tree in (OLD, NEW):
        result = put(project, tree)
        assert kinds(result.changes)["ops"] == "removed"
        assert kinds(result.changes)["compose.yaml"] == "updated"
        assert (project / "compose.yaml").stat().st_mode & 0o777 == 0o644
        assert not (project / "ops").exists()
    assert kinds(put(project, NEW, force=True).changes)["ops"] == "created"
    assert (project / "ops").read_bytes() == NEW["ops"].data


def test_hand_edits_are_not_overwritten(project: Path) -> None:
    put(project, OLD)
    (project / "ops").write_text("#!/bin/sh\necho mine\n")
    (project / "compose.yaml").write_text("services: {mine: {}, old: {}} # mine\n")
    result = put(project, NEW, version="2")
    assert result.changes.of("merged") == ("compose.yaml",)
    assert result.changes.of("conflict") == ("ops",)
    assert [(one.where, one.key) for one in result.conflicts] == [("ops:2", "")]
    assert (project / "ops").read_text() == "#!/bin/sh\necho mine\n"
    assert (project / "compose.yaml").read_text() == "services: {mine: {}, new: {}} # mine\n"
    assert (project / "prometheus/prometheus.yml").read_bytes() == NEW["prometheus/prometheus.yml"].data
    assert (project / ".midwatch/base/ops").read_bytes() == NEW["ops"].data


def test_an_edit_that_is_what_would_be_written_is_none(project: Path) -> None:
    put(project, OLD)
    (project / "compose.yaml").write_bytes(NEW["compose.yaml"].data)
    assert kinds(put(project, NEW, version="2").changes)["compose.yaml"] == "unchanged"


def test_force_keeps_a_copy_of_each_edit(project: Path) -> None:
    put(project, OLD)
    for text in ("first\n", "second\n"):
        (project / "prometheus/prometheus.yml").write_text(text)
        result = put(project, OLD, force=True)
        assert kinds(result.changes)["prometheus/prometheus.yml"] == "replaced"
    assert (project / "prometheus/prometheus.yml").read_bytes() == OLD["prometheus/prometheus.yml"].data
    kept = project / ".midwatch/replaced/prometheus"
    assert (kept / "prometheus.yml").read_text() == "first\n"
    assert (kept / "prometheus.yml.1").read_text() == "second\n"


def test_an_edited_file_that_is_dropped_stays(project: Path) -> None:
    put(project, OLD)
    (project / "prometheus/rules/gone.yml").write_text("mine: true\n")
    result = put(project, NEW, version="2")
    assert kinds(result.changes)["prometheus/rules/gone.yml"] == "kept"
    assert (project / "prometheus/rules/gone.yml").read_text() == "mine: true\n"
    assert "prometheus/rules/gone.yml" not in kinds(put(project, NEW, version="2").changes), "said once"


def test_a_file_that_a_person_added_is_never_touched(project: Path) -> None:
    put(project, OLD)
    (project / "prometheus/rules/mine.yml").write_text("groups: []\n")
    (project / "mine.md").write_text("mine\n")
    before = times(project)
    put(project, NEW, version="2")
    for name in ("prometheus/rules/mine.yml", "mine.md"):
        assert times(project)[str(project / name)] == before[str(project / name)]


def test_a_file_of_the_user_where_a_new_one_belongs(project: Path) -> None:
    put(project, OLD)
    (project / "loki/deep/er").mkdir(parents=True)
    (project / "loki/deep/er/loki.yaml").write_text("mine: true\n")
    result = put(project, NEW, version="2")
    assert ["midwatch did not make" in one.why for one in result.conflicts] == [True]
    assert (project / "loki/deep/er/loki.yaml").read_text() == "mine: true\n"


@pytest.mark.parametrize("force", [False, True])
def test_somebody_elses_compose_file_is_refused(project: Path, force: bool) -> None:
    (project / "compose.yaml").write_text("services: {theirs: {}}\n")
    before = times(project)
    with pytest.raises(TargetError) as caught:
        put(project, OLD, force=force)
    assert "compose.yaml" in str(caught.value.problems[0])
    assert "empty folder" in caught.value.hint
    assert times(project) == before, "not even a state folder"


def test_target_is_a_file_or_absent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="is not a folder"):
        put(tmp_path / "file", OLD)
    with pytest.raises(TargetError, match="there is no folder"):
        put(tmp_path / "nothing", OLD)


def test_a_folder_that_cannot_be_written() -> None:
    """As another user where the tests run as root, since root may write everywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        child = os.fork()
        if child == 0:
            code = 9
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                put(folder, OLD)
            except TargetError as error:
                code = 0 if "permission denied" in error.message else 8
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["prometheus", ".midwatch"])
def test_links_out_of_the_folder_are_not_followed(project: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / name).symlink_to(outside)
    with pytest.raises(TargetError, match="is a link"):
        put(project, OLD)
    assert list(outside.iterdir()) == []


def test_a_generated_file_that_became_a_link(project: Path, tmp_path: Path) -> None:
    put(project, OLD)
    outside = tmp_path / "outside.yaml"
    outside.write_bytes(OLD["compose.yaml"].data)
    (project / "compose.yaml").unlink()
    (project / "compose.yaml").symlink_to(outside)
    assert [one.why for one in put(project, NEW, version="2").conflicts] == ["it is a link now"]
    assert (project / "compose.yaml").is_symlink()
    put(project, NEW, version="2", force=True)
    assert not (project / "compose.yaml").is_symlink()
    assert outside.read_bytes() == OLD["compose.yaml"].data


def test_a_folder_in_the_way(project: Path) -> None:
    (project / "compose.yaml").mkdir()
    with pytest.raises(TargetError, match="is a folder"):
        put(project, OLD)
    (project / "compose.yaml").rmdir()
    (project / "prometheus").write_text("a file\n")
    with pytest.raises(TargetError, match="needs a folder of that name"):
        put(project, OLD)


UNSAFE = [
    *("", "/etc/x", "../x", "a/../x", "a//x", "./x", "a\\x", "a\nx", "x" * 256),
    *("stack.yaml", "secrets/x", ".git/config", ".midwatch/lock.json", "compose.yaml/x"),
]


@pytest.mark.parametrize("path", UNSAFE)
def test_paths_that_a_tree_must_not_have(project: Path, path: str) -> None:
    before = snapshot(project)
    with pytest.raises(BlueprintError):
        put(project, {**OLD, path: File(b"")})
    assert snapshot(project) == before


def test_one_at_a_time(project: Path) -> None:
    put(project, OLD)
    with (project / ".midwatch/busy").open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(TargetError, match="another midwatch is at work"):
            put(project, NEW, version="2")
    put(project, NEW, version="2")


def test_preview_writes_nothing(project: Path) -> None:
    before = times(project)
    assert preview(project, OLD).changes.any
    assert times(project) == before
    put(project, OLD)
    before = times(project)
    assert not preview(project, OLD).changes.any
    assert preview(project, NEW).changes.of("deleted") == ("prometheus/rules/gone.yml",)
    (project / "ops").write_text("mine\n")
    assert [one.file for one in preview(project, NEW).conflicts] == ["ops"]
    (project / "ops").write_bytes(OLD["ops"].data)
    assert {path: inode for path, (inode, _) in times(project).items()} == {p: i for p, (i, _) in before.items()}


def lock_text(path: str, sha256: str, mode: str) -> str:
    files = {path: {"sha256": sha256, "mode": mode}}
    return json.dumps({"format": 1, "midwatch": "1", "spec_sha256": "", "files": files})


UNUSABLE = {
    "empty": "",
    "no JSON": "{",
    "a list": "[]",
    "a newer format": lock_text("x", "0" * 64, "0644").replace('"format": 1', '"format": 3'),
    "no files": '{"format": 1}',
    "a path outside": lock_text("../x", "0" * 64, "0644"),
    "no hash": lock_text("x", "0", "0644"),
    "another mode": lock_text("x", "0" * 64, "0777"),
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE)
def test_a_lock_file_that_cannot_be_used(project: Path, text: str) -> None:
    put(project, OLD)
    (project / ".midwatch/lock.json").write_text(text)
    before = snapshot(project)
    with pytest.raises(TargetError, match=r"lock\.json cannot be used"):
        put(project, NEW, version="2")
    assert snapshot(project) == before


def test_lock_round_trip() -> None:
    lock = locks.of(OLD, version="1.2.3", spec_sha256="f" * 64)
    assert locks.parse(locks.dump(lock)) == lock
    assert locks.dump(lock) == locks.dump(locks.parse(locks.dump(lock)))


@pytest.mark.parametrize(
    "steps",
    [
        '[["../outside", null, "x"]]',
        '[[".git/hooks/pre-commit", null, "x"]]',
        '[["stack.yaml", "x", null]]',
        '[["a"]]',
        "3",
    ],
)
@pytest.mark.parametrize("staging", ["staging-0123456789abcdef", "../../x"])
def test_a_hostile_journal_is_not_carried_out(project: Path, tmp_path: Path, steps: str, staging: str) -> None:
    """A project that was cloned may hold anything."""
    (tmp_path / "outside").write_text("mine\n")
    put(project, OLD)
    (project / ".midwatch/journal.json").write_text(
        f'{{"format": 1, "staging": "{staging}", "direction": "forward", "steps": {steps}}}'
    )
    before = snapshot(project)
    with pytest.raises(MidwatchError, match=r"journal\.json cannot be used"):
        recover(project)
    assert snapshot(project) == before
    assert (tmp_path / "outside").read_text() == "mine\n"
