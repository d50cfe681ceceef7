"""What is a sign of a loss, and how that ends: the sidecar's own shell, with what each store says of itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

STACK = ROOT / "blueprints" / "stack"
STORES = {"redis": "redis", "prometheus": "prometheus", "loki": "loki", "alertmanager": "alertmanager",
          "uploads": "backup-volume"}  # fmt: skip

# run.sh decides and says; restic and the store's own program are not asked.
DRIVER = r"""
BACKUP_REPOSITORY=s3:x problem='' crashed='' child='' SFTP='' turn='' kind=backup
tools=$1 store=$2 job=$3
. "$tools/lib.sh"
. "$tools/files.sh"
. "$store"
eval "$(sed -n '/^failed() {/,/^}/p; /^backup() {/,/^}/p' "$tools/run.sh")"
eval "$(sed -n '/^accepted=/p' "$tools/run.sh")"
case $job in accept) eval "$(sed -n '/^  accept)/,/;;/s/^ *kind=backup *\(accepted=.*\)/\1/p' "$tools/run.sh")" ;; esac
open() { :; }
clear_locks() { :; }
choose() { chosen="0badc0de 2026-05-31T03:00:38Z good $BEFORE"; }
store_save() { ITEMS=$NOW SOURCES=/live=.; }
store_list() { bytes=1 need=1; }
store_clean() { :; }
thin() { :; }
vault() { echo "$@" >>"$BACKUP_WORK/asked"; }
prepare
backup scheduled
"""


def saved(tmp_path: Path, store: str, before: int, now: int, job: str = "backup") -> tuple[str, str]:
    """The tag of the backup, and what the metric says then."""
    env = {
        "PATH": os.environ["PATH"], "BACKUP_WORK": str(tmp_path), "BACKUP_STORE": store, "BACKUP_RPO": "1",
        "BACKUP_RTO": "1", "BEFORE": str(before), "NOW": str(now),
    }  # fmt: skip
    (tmp_path / "asked").unlink(missing_ok=True)
    tools, script = STACK / "backup-tools", STACK / STORES[store] / "backup" / "store.sh"
    done = subprocess.run(["/bin/sh", "-uc", DRIVER, "sh", str(tools), str(script), job],
                          env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)  # fmt: skip
    assert done.returncode == 0, done.stdout
    words = (tmp_path / "asked").read_text().split()
    metrics = (tmp_path / "www" / "metrics.txt").read_text().splitlines()
    (shrunk,) = (line.split()[1] for line in metrics if line.startswith("backup_shrunk{"))
    return words[words.index("--tag") + 1], shrunk


@pytest.mark.parametrize("store", [name for name in STORES if name != "alertmanager"])
@pytest.mark.parametrize(("before", "now", "good"), [(0, 0, True), (20, 2, True), (20, 1, False), (1, 0, False)])
def test_less_than_a_tenth_is_a_sign_of_a_loss(tmp_path: Path, store: str, before: int, now: int, good: bool) -> None:
    assert saved(tmp_path, store, before, now) == (("good", "0") if good else ("shrunk", "1"))


def test_silences_end_by_themselves(tmp_path: Path) -> None:
    """A stack that had some for an upgrade, and none a week later, has lost nothing."""
    assert saved(tmp_path, "alertmanager", 12, 0) == ("good", "0")


def test_it_is_none_where_somebody_says_so(tmp_path: Path) -> None:
    assert saved(tmp_path, "redis", 2000, 3) == ("shrunk", "1")
    assert saved(tmp_path, "redis", 2000, 3, "accept") == ("good", "0")
    assert saved(tmp_path, "redis", 3, 4) == ("good", "0"), "from then on it is held against that one"


@pytest.mark.parametrize("page", ["BackupShrunk.md", "BackupShrunk.de.md"])
def test_the_runbook_says_how(page: str) -> None:
    text = (STACK / "backup-tools" / "alerts" / page).read_text()
    assert "`./ops backup --accept redis`" in text
