"""Snapshots of Prometheus go once they are saved, also where the sidecar was killed in between; nobody else's do."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.conftest import ROOT

STACK = ROOT / "blueprints" / "stack"
THEIRS = "20260101T000000Z-somebody"

# Prometheus is played by a function: it answers the query, and makes a snapshot with one block.
DRIVER = r"""
. "$1/backup-tools/lib.sh"
eval "$(sed "s|/live/|$BACKUP_WORK/live/|g" "$1/prometheus/backup/store.sh")"
wget() {
  case "$*" in
    */query*) echo '{"status":"success","data":{"result":[{"value":[1,"5"]}]}}' ;;
    */snapshot*)
      mkdir -p "$snapshots/$OURS/block"
      echo '"numSamples": 7' >"$snapshots/$OURS/block/meta.json"
      [ "$DIES" != 'before the answer' ] || kill -9 $$
      [ "$DIES" != 'without an answer' ] || return 1
      echo "{\"data\":{\"name\":\"$OURS\"}}"
      ;;
  esac
}
META=$BACKUP_WORK/meta
prepare
mkdir -p "$META"
store_save || exit 1
[ "$DIES" != 'while it is saved' ] || kill -9 $$
find "$snapshots" -mindepth 1 -maxdepth 1 | sed 's|.*/||' | sort
echo "$ITEMS from $SOURCES"
store_clean
"""


def save(tmp_path: Path, dies: str = "") -> tuple[int, list[str]]:
    name = f"20260531T030000Z-{uuid.uuid4().hex}"  # another one each time
    env = {"PATH": os.environ["PATH"], "BACKUP_WORK": str(tmp_path), "BACKUP_STORE": "prometheus", "OURS": name,
           "DIES": dies}  # fmt: skip
    done = subprocess.run(["/bin/sh", "-uc", DRIVER, "sh", str(STACK)], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20)  # fmt: skip
    return done.returncode, done.stdout.splitlines()


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """With one that somebody made by hand."""
    folder = tmp_path / "live" / "snapshots"
    (folder / THEIRS).mkdir(parents=True)
    return folder


def left(snapshots: Path) -> list[str]:
    return sorted(path.name for path in snapshots.iterdir())


def test_it_has_the_same_path_each_time_and_goes_when_it_is_saved(tmp_path: Path, snapshots: Path) -> None:
    for _ in range(2):
        assert save(tmp_path) == (0, [THEIRS, "backup", f"7 from {snapshots}/backup=."])
        assert left(snapshots) == [THEIRS]


@pytest.mark.parametrize("dies", ["before the answer", "while it is saved"])
def test_the_next_backup_removes_what_a_killed_one_left(tmp_path: Path, snapshots: Path, dies: str) -> None:
    assert save(tmp_path, dies)[0] == -signal.SIGKILL
    assert len(left(snapshots)) == 2, "a killed one leaves it"
    assert save(tmp_path)[0] == 0
    assert left(snapshots) == [THEIRS]


def test_one_that_is_not_answered_is_removed_too(tmp_path: Path, snapshots: Path) -> None:
    """Prometheus may have made it all the same, and only have been too slow to say so."""
    assert save(tmp_path, "without an answer")[0] == 1
    assert save(tmp_path)[0] == 0
    assert left(snapshots) == [THEIRS]
