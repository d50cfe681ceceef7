"""`swap.sh`, which exchanges the data of a stopped store: killed at each of its steps, it loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "blueprints" / "stack" / "backup-tools" / "swap.sh"
STEPS = ("chmod", "chown", "cp", "mkdir", "mv", "rm", "rmdir", "stat", "sync", "touch")
OLD = {"a": "old", "sub/b": "old", ".incoming/c": "the application's own"}
NEW = {"a": "new", "d/e": "new"}
OLDER = {".before-restore-1/a": "older", ".before-restore-1/.complete": ""}
"""What an earlier restore has put aside, and nobody has removed."""


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


class Volume:
    """A store's volume, a backup that was tried out, and a replica's volume."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fill(folder / "live", OLD | OLDER)
        fill(folder / "trial/scratch/restore/data", NEW)
        (folder / "trial/scratch/restore/meta").mkdir()
        sums = subprocess.run("find . -type f -exec sha256sum {} +", shell=True, check=True, capture_output=True,
                              cwd=folder / "trial/scratch/restore/data").stdout  # fmt: skip
        (folder / "trial/scratch/restore/meta/sha256").write_bytes(sums)
        fill(folder / "replica", {"appendonlydir/1.aof": "copy", "dump.rdb": "copy", "in-step": ""})
        text = SCRIPT.read_text()
        for name in ("live", "trial", "replica"):
            text = text.replace(f"/{name}", f"{folder}/{name}")
        (folder / "swap.sh").write_text(text)
        (folder / "bin").mkdir()
        for step in STEPS:
            (folder / "bin" / step).write_text(
                f"#!/bin/sh\necho {step} >>{folder}/steps\n"
                f'[ "$(wc -l <{folder}/steps)" != "$KILLED_AT" ] || kill -KILL 0\nexec {shutil.which(step)} "$@"\n'
            )
            (folder / "bin" / step).chmod(0o755)

    def run(self, *words: str, killed_at: int = 0) -> tuple[int, str]:
        """Killed with all that it has started, before its so manieth step."""
        (self.folder / "steps").unlink(missing_ok=True)
        env = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "KILLED_AT": str(killed_at)}
        done = subprocess.run(["/bin/sh", self.folder / "swap.sh", *words], env=env, text=True, timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        return done.returncode, done.stdout

    def finished(self, name: str) -> bool:
        kept = self.folder / f"live/.before-restore-{name}"
        return (kept / ".complete").exists() and not kept.with_name(f"{kept.name}.incoming").exists()

    def live(self) -> dict[str, str]:
        live = self.folder / "live"
        return {str(path.relative_to(live)): path.read_text() for path in live.rglob("*") if path.is_file()}


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def killed(folder: Path, *words: str) -> list[Volume]:
    """A volume for each step before which the job can be killed; the last one saw it through."""
    found: list[Volume] = []
    while True:
        found.append(Volume(folder / str(len(found))))
        if words[0] == "out":
            assert found[-1].run("in", "2") == (0, "")
        code, said = found[-1].run(*words, killed_at=len(found))
        if code == 0:
            return found
        assert code == -signal.SIGKILL, said


COPY = {"appendonlydir/1.aof": "copy", "dump.rdb": "copy"}


@pytest.mark.parametrize(("job", "new"), [("in", NEW), ("replica", COPY)])
def test_killed_at_any_step_the_next_one_begins_anew(tmp_path: Path, job: str, new: dict[str, str]) -> None:
    """What the first has left is no data of the store: neither put in, nor put aside with it."""
    volumes = [volume for volume in killed(tmp_path, job, "2") if not volume.finished("2")]
    assert len(volumes) > 8
    for volume in volumes:
        code, said = volume.run(job, "3")
        assert code == 0, said
        found = volume.live()
        assert found.pop(".before-restore-3/.complete")
        assert found == new | {f".before-restore-3/{name}": text for name, text in OLD.items()} | OLDER
        assert volume.run("out") == (0, "")
        assert volume.live() == OLD | OLDER


@pytest.mark.parametrize("job", ["in", "out"])
def test_killed_at_any_step_what_was_there_comes_back(tmp_path: Path, job: str) -> None:
    """Where `holds` says that something of it is aside; else nothing was touched, or all is back already."""
    brought_back = 0
    for volume in killed(tmp_path, job, "2")[:-1]:
        if volume.run("holds", "2")[0] == 0:
            if not volume.finished("2"):
                code, said = volume.run("discard")
                assert code == 1 and "--undo" in said, "it may be all that there is of the old data"
            assert volume.run("newest") == (0, "2\n")
            assert volume.run("out") == (0, "")
            brought_back += 1
        assert volume.run("space")[0] == 0
        assert volume.live() == OLD | OLDER
    assert brought_back > 3


def test_what_was_being_removed_does_not_come_back(volume: Volume) -> None:
    """Killed after its mark and before the rest is gone: that would look like an exchange that was cut short."""
    assert volume.run("in", "2") == (0, "")
    remove = volume.folder / "bin" / "rm"
    whole = remove.read_text()
    remove.write_text('#!/bin/sh\nfor last; do :; done\n/bin/rm -f "$last/.complete"\nkill -KILL 0\n')
    assert volume.run("discard")[0] == -signal.SIGKILL
    remove.write_text(whole)
    assert volume.run("in", "3") == (0, "") and volume.run("out") == (0, "")
    assert {name: text for name, text in volume.live().items() if "before-restore" not in name} == NEW


def test_what_is_finished_is_discarded(volume: Volume) -> None:
    assert volume.run("in", "2") == (0, "") and volume.run("discard") == (0, "") and volume.live() == NEW
    assert volume.run("newest") == (0, "") and volume.run("holds", "2")[0] == 1
    code, said = volume.run("out")
    assert code == 1 and "nothing was put aside" in said and volume.live() == NEW


def test_owner_mode_and_time_of_the_volume_are_those_that_were_saved(volume: Volume) -> None:
    live, saved = volume.folder / "live", volume.folder / "trial/scratch/restore/data"
    live.chmod(0o750)
    saved.chmod(0o701)
    os.utime(saved, (1, 1_700_000_000))
    assert volume.run("in", "2") == (0, "")
    assert (live.stat().st_mode & 0o7777, live.stat().st_mtime) == (0o701, 1_700_000_000)
    assert volume.run("out") == (0, "") and live.stat().st_mode & 0o7777 == 0o750
    assert volume.run("replica", "3") == (0, "") and live.stat().st_mode & 0o7777 == 0o750


@pytest.mark.parametrize("job", ["in", "replica"])
def test_a_copy_that_is_not_whole_changes_nothing(volume: Volume, job: str) -> None:
    (volume.folder / "trial/scratch/restore/data/a").write_text("rotten")
    (volume.folder / "bin" / "cp").write_text(
        '#!/bin/sh\n/bin/cp "$@"; for last; do :; done; find "$last" -type f -delete\n'
    )
    code, said = volume.run(job, "2")
    assert code == 1 and "nothing was changed" in said and volume.live() == OLD | OLDER


def test_of_a_volume_that_was_lost_nothing_is_put_aside(volume: Volume) -> None:
    """Else undoing a failover would bring back the loss."""
    shutil.rmtree(volume.folder / "live")
    (volume.folder / "live").mkdir()
    assert volume.run("replica", "2") == (0, "") and volume.live() == COPY
    assert volume.run("out")[0] == 1 and volume.live() == COPY
