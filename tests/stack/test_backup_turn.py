"""The sidecars' shell: whose turn it is, what a crash left behind, and whether there is space."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ROOT / "blueprints" / "stack" / "backup-tools"


def run(tmp_path: Path, script: str, store: str = "redis") -> subprocess.Popen[str]:
    """A shell with lib.sh, whose /turn is a folder of the test."""
    if not (tmp_path / "lib.sh").exists():  # another one may be reading it
        text = (TOOLS / "lib.sh").read_text().replace("/turn", f"{tmp_path}/turn")
        (tmp_path / "lib.sh").write_text(text)
    for folder in ("turn", "state", "tmp", "www"):
        (tmp_path / folder).mkdir(exist_ok=True)
    env = {"PATH": os.environ["PATH"], "BACKUP_WORK": str(tmp_path), "BACKUP_STORE": store}
    return subprocess.Popen(
        ["/bin/sh", "-uc", f". {tmp_path}/lib.sh; turn=; {script}"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def out(job: subprocess.Popen[str], seconds: float = 20) -> str:
    return job.communicate(timeout=seconds)[0]


def test_one_works_and_the_other_waits(tmp_path: Path) -> None:
    tell = 'tell() { echo "$BACKUP_STORE $1" >>"$BACKUP_WORK/told"; }'
    work = f"{tell}; take_turn; tell begins; sleep 1; tell ends; leave_turn"
    jobs = [run(tmp_path, work, store) for store in ("redis", "loki", "prometheus")]
    assert [out(job) for job in jobs] == ["", "", ""]
    told = (tmp_path / "told").read_text().split("\n")[:-1]
    assert [line.split()[1] for line in told] == ["begins", "ends"] * 3
    assert [line.split()[0] for line in told[::2]] == [line.split()[0] for line in told[1::2]]
    assert not list((tmp_path / "turn").iterdir())


@pytest.mark.parametrize(("minutes", "taken"), [(1, False), (4, True)])
def test_a_mark_that_nobody_renews_counts_for_two_minutes(tmp_path: Path, minutes: int, taken: bool) -> None:
    busy = tmp_path / "turn" / "busy"
    busy.mkdir(parents=True)
    then = time.time() - 60 * minutes
    os.utime(busy, (then, then))
    job = run(tmp_path, "take_turn; echo mine; leave_turn")
    if taken:
        assert "mine" in out(job)
    else:
        with pytest.raises(subprocess.TimeoutExpired):
            out(job, 3)
        job.kill()
        assert busy.is_dir()


def test_whoever_has_the_turn_renews_the_mark(tmp_path: Path) -> None:
    """As long as it lives: the mark of a killed one is renewed no more."""
    job = run(tmp_path, "sleep() { command sleep 0.2; }; take_turn; command sleep 2; echo done; command sleep 60")
    busy = tmp_path / "turn" / "busy"
    assert job.stdout is not None
    assert "done" in job.stdout.readline()
    assert time.time() - busy.stat().st_mtime < 1
    job.kill()
    job.wait()
    time.sleep(1)
    before = busy.stat().st_mtime
    time.sleep(1)
    assert busy.stat().st_mtime == before


LOCKS = r"""
hostname() { echo demo-backup-redis; }
vault() {
  case "$1 $2" in
    'list locks') printf 'aaa\nbbb\n' ;;
    'cat lock') [ "$3" = aaa ] && echo '{"hostname":"demo-backup-redis"}' || echo "{\"hostname\": \"$OTHER\"}" ;;
    *) echo "$*" >>"$BACKUP_WORK/told" ;;
  esac
}
crashed=$CRASHED
clear_locks
"""


@pytest.mark.parametrize(
    ("crashed", "other", "done"),
    [
        ("yes", "demo-backup-redis", "unlock --remove-all\n"),  # only our own: they go, also young ones
        ("yes", "another-host", "unlock\n"),  # restic takes away those that nobody has renewed
        ("", "another-host", ""),
    ],
)
def test_a_killed_run_clears_its_own_lock_and_no_other_hosts(
    tmp_path: Path, crashed: str, other: str, done: str
) -> None:
    """A backup of another host to the same repository keeps its lock while it works."""
    functions = (TOOLS / "repository.sh").read_text()
    clear = functions[functions.index("clear_locks() {") : functions.index("# One line a snapshot")]
    script = f"CRASHED={crashed} OTHER={other}\n{clear}\n" + LOCKS.replace('"$1 $2"', '"$1 ${2:-}"')
    assert out(run(tmp_path, script.replace(">/dev/null 2>&1", ""))) == ""
    told = tmp_path / "told"
    assert (told.read_text() if told.exists() else "") == done


def test_space_leaves_a_twentieth_of_the_disk(tmp_path: Path) -> None:
    script = r"""
    df() { printf 'Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/x 1000 500 500 50%% /\n'; }
    for need in 450 449; do if fits "$((need * 1024))" /; then echo "$need fits"; else echo "$need does not"; fi; done
    """
    assert out(run(tmp_path, script)) == "450 does not\n449 fits\n"


def test_what_is_copied_first_is_counted_first(tmp_path: Path) -> None:
    """Without what a restore put aside; a store that copies nothing needs nothing."""
    (tmp_path / "live" / ".before-restore-1").mkdir(parents=True)
    for name in ("dump.rdb", ".before-restore-1/dump.rdb"):
        (tmp_path / "live" / name).write_bytes(b"x" * 1_000_000)
    text = (TOOLS / "files.sh").read_text().replace("/live", f"{tmp_path}/live")
    (tmp_path / "files.sh").write_text(text)
    said = out(run(tmp_path, f". {tmp_path}/files.sh; staged; STORE_STAGED=; staged")).split()
    assert 1_000_000 <= int(said[0]) < 1_100_000
    assert said[1] == "0"


def test_a_job_that_has_to_wait_for_another_says_so_once(tmp_path: Path) -> None:
    first = run(tmp_path, 'enter; echo in; until [ -e "$BACKUP_WORK/end" ]; do sleep 0.1; done; leave')
    assert first.stdout is not None and first.stdout.readline() == "in\n"
    second = run(tmp_path, "enter 2>&1 >/dev/null; echo in; leave")
    assert second.stdout is not None
    assert second.stdout.readline().endswith("Z waiting: another job of redis is at work\n")
    time.sleep(2.2)
    (tmp_path / "end").touch()
    assert out(second) == "in\n"
    assert out(first) == ""
    assert out(run(tmp_path, "enter; echo in; leave")) == "in\n", "nothing is said where nobody is waited for"


@pytest.mark.parametrize("pid", ["", "999999999"])
def test_the_mark_of_a_job_that_died_is_taken_away(tmp_path: Path, pid: str) -> None:
    """Also of one that died before it could write down who it was; not while it may be about to."""
    busy = tmp_path / "state" / "busy"
    busy.mkdir(parents=True)
    if pid:
        (busy / "pid").write_text(f"{pid}\n")
    with pytest.raises(subprocess.TimeoutExpired):
        out(young := run(tmp_path, "enter; echo in"), 2.5)
    young.kill()
    young.wait()
    then = time.time() - 180
    os.utime(busy, (then, then))
    assert out(run(tmp_path, "enter; echo in; leave")) == "in\n"
