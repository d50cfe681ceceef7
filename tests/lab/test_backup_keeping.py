"""What stays of backups and for how long, whose restore test failed, and a repository that is gone: the sidecar's own
scripts with the real restic in one container, a clock that the test sets, and a store that is one file."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.lab.cache import run
from tests.lab.docker import PROJECT
from tests.lab.engine import Engine
from tests.lab.images import ensure_images

pytestmark = pytest.mark.lab
TOOLS = ROOT / "blueprints" / "stack" / "backup-tools"
RESTIC = "docker.io/restic/restic:0.19.1"
KEEP = "--keep-last 2 --keep-daily 2 --keep-weekly 0 --keep-monthly 0"
DAY = 86400
# The shell of busybox takes its own `date` before any other program of that name, but not before a function.
STORE = """
date() {
  case $* in
    *-d\\ *) command date "$@" ;;
    *) command date -d "@$(($(command date +%s) + $(cat /clock/ahead)))" "$@" ;;
  esac
}
STORE_ITEMS=lines STORE_COPIES=1
store_save() { cp /live/file "$STAGE/file" && ITEMS=$(wc -l </live/file) && SOURCES=$STAGE=.; }
store_clean() { :; }
store_use() { ITEMS=$(wc -l <"$1/data/file"); [ ! -e /live/broken ] || { problem='it does not start'; return 1; }; }
"""


class Sidecar:
    """A container with the scripts as `backup-redis` has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"keeping-{uuid.uuid4().hex[:8]}"
        for part in ("store", "secrets", "live", "clock"):
            (folder / part).mkdir(parents=True)
        (folder / "store" / "store.sh").write_text(STORE)
        (folder / "secrets" / "restic_password").write_text("a password of the lab\n")
        self.write(20)
        self.ahead(0)
        mounts = {TOOLS: "/backup", folder / "store": "/backup-store", folder / "secrets": "/run/secrets",
                  folder / "live": "/live", folder / "clock": "/clock"}  # fmt: skip
        run(["docker", "run", "--detach", "--init", "--name", self.name, "--network", "none",
             "--label", f"{PROJECT}={self.name}", "--tmpfs", "/trial", "--tmpfs", "/turn",
             *(word for here, there in mounts.items() for word in ("--volume", f"{here}:{there}:ro")),
             "--env", "BACKUP_STORE=redis", "--env", "BACKUP_WORK=/trial",
             "--env", "BACKUP_REPOSITORY=/trial/repository", "--env", f"BACKUP_KEEP={KEEP}",
             "--env", f"BACKUP_KEEP_BY_HAND={30 * DAY}", "--env", "BACKUP_RPO=86400", "--env", "BACKUP_RTO=3600",
             "--entrypoint", "sleep", RESTIC, "1000"], what="a sidecar", timeout=60)  # fmt: skip

    def write(self, lines: int) -> None:
        """What the store holds."""
        (self.folder / "live" / "file").write_text("".join(f"{n}\n" for n in range(lines)))

    def ahead(self, days: float) -> None:
        """The clock of the container, so many days ahead."""
        (self.folder / "clock" / "ahead").write_text(f"{int(days * DAY)}\n")

    def shell(self, script: str) -> tuple[int, str]:
        done = subprocess.run(["docker", "exec", self.name, "sh", "-c", script], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)  # fmt: skip
        return done.returncode, done.stdout

    def job(self, *words: str) -> str:
        code, said = self.shell("sh /backup/run.sh " + " ".join(words))
        assert code == 0, said
        return said

    def listed(self) -> list[list[str]]:
        return [line.split() for line in self.job("list").splitlines()]

    def ids(self) -> list[str]:
        return [row[0] for row in self.listed() if row[0] != "!"]

    def metric(self, name: str) -> str:
        return self.shell(f"sed -n 's/^{name}{{.*}} //p' /trial/www/metrics.txt")[1].strip()


@pytest.fixture
def sidecar(engine: Engine, tmp_path: Path) -> Iterator[Sidecar]:
    (image,) = ensure_images([RESTIC]).values()
    if not image.there:
        pytest.skip(f"restic is missing: {image.detail}")
    one = Sidecar(tmp_path)
    try:
        yield one
    finally:
        run(["docker", "rm", "--force", one.name], what="removing", timeout=60)


def test_one_that_was_made_by_hand_outlives_what_the_schedule_keeps(sidecar: Sidecar) -> None:
    """And counts for nothing there: two of the schedule stay, and the one of the day before is not replaced by it."""
    sidecar.job("backup")
    (first,) = sidecar.ids()
    sidecar.ahead(0.01)
    said = sidecar.job("backup", "by-hand").rstrip()
    before = sidecar.job("last").strip()
    assert said.endswith(f"ID {before}")
    assert sidecar.ids() == [first, before]
    for day in (1, 2, 3, 29):
        sidecar.ahead(day)
        sidecar.job("backup")
    rows = sidecar.listed()
    assert (rows[0][0], rows[0][2], rows[0][5]) == (before, "good", "by-hand"), rows
    assert [row[5] for row in rows[1:]] == ["scheduled", "scheduled"], rows
    assert first not in sidecar.ids()
    assert f"backup {before} of redis is good" in sidecar.job("fetch", before)
    sidecar.ahead(31)
    sidecar.job("backup")
    assert before not in sidecar.ids() and len(sidecar.ids()) == 2


def test_one_that_was_made_by_hand_and_holds_far_less_is_known_as_such(sidecar: Sidecar) -> None:
    sidecar.job("backup")
    sidecar.write(1)
    sidecar.job("backup", "by-hand")
    assert [(row[2], row[5]) for row in sidecar.listed()] == [("good", "scheduled"), ("shrunk", "by-hand")]
    assert "20 lines found" in sidecar.job("test"), "the restore test takes the good one"


def test_a_failed_restore_test_stands_at_its_backup(sidecar: Sidecar) -> None:
    sidecar.job("backup")
    sidecar.job("test")
    sidecar.ahead(0.5)
    sidecar.job("backup")
    (sidecar.folder / "live" / "broken").touch()
    for _ in range(2):
        assert sidecar.shell("sh /backup/run.sh test")[0] == 1
    rows = sidecar.listed()
    assert rows[0][6] == "yes" and rows[1][6].startswith("failed@20"), rows
    assert rows[2][:2] == ["!", "2"], rows
    (sidecar.folder / "live" / "broken").unlink()
    sidecar.job("test")
    assert [row[6] for row in sidecar.listed()] == ["yes", "yes"]


@pytest.mark.parametrize("lost", ["/trial/repository", "/trial/*"])
def test_a_repository_that_is_gone_is_not_made_anew_until_somebody_says_so(sidecar: Sidecar, lost: str) -> None:
    """Also where the sidecar's own volume is gone, with all that it remembered in it."""
    sidecar.job("backup")
    assert sidecar.metric("backup_repository_gone") == "0"
    sidecar.shell(f"rm -rf {lost}")
    for job in ("backup", "backup by-hand", "test", "list"):
        code, said = sidecar.shell(f"sh /backup/run.sh {job}")
        assert code == 1 and "the repository at /trial/repository is gone" in said, (job, said)
        assert sidecar.metric("backup_repository_gone") == "1"
    assert sidecar.shell("ls /trial/repository")[0] != 0
    assert "a new repository" in sidecar.job("anew")
    assert sidecar.metric("backup_repository_gone") == "0"
    sidecar.job("backup")
    assert len(sidecar.ids()) == 2


def test_a_host_where_nothing_was_yet_gets_a_repository(sidecar: Sidecar) -> None:
    code, said = sidecar.shell("sh /backup/run.sh list")
    assert code == 1 and "there is no repository" in said
    assert "a new repository" in sidecar.job("backup")


def test_another_destination_begins_anew_by_itself(sidecar: Sidecar) -> None:
    sidecar.job("backup")
    code, said = sidecar.shell("BACKUP_REPOSITORY=/trial/second sh /backup/run.sh backup")
    assert code == 0 and "a new repository at /trial/second" in said, said
