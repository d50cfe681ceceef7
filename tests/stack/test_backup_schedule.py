"""The sidecar's shell: when a backup is due, by a clock that the test sets."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from midwatch.plan.backup import backups
from midwatch.spec.model.stores import Backup
from tests.conftest import ROOT

TOOLS = ROOT / "blueprints" / "stack" / "backup-tools"
NOW = int(datetime(2026, 5, 31, 3, 0, tzinfo=UTC).timestamp())  # a Sunday
DAY = 86400

DRIVER = """
. "$1/lib.sh"
date() { command date -u -d "@$NOW" "$@"; }
now() { printf '%s\\n' "$NOW"; }
jitter=0
eval "$(sed -n '/^among()/,/^work()/p' "$1/sidecar.sh" | sed '$d')"
due
"""


def due(tmp_path: Path, spec: Backup, state: dict[str, int], at: int = NOW) -> list[str]:
    """What the sidecar would start at a time, after what it remembers."""
    plan = backups(spec)
    (tmp_path / "state").mkdir(exist_ok=True)
    for name, value in state.items():
        (tmp_path / "state" / name).write_text(f"{value}\n")
    env = {
        "PATH": os.environ["PATH"], "NOW": str(at), "BACKUP_WORK": str(tmp_path), "BACKUP_STORE": "redis",
        "BACKUP_EVERY": str(plan.every), "BACKUP_GAP": str(plan.gap), "BACKUP_TEST_EVERY": str(plan.test_every),
        "BACKUP_RPO": "1", "BACKUP_RTO": "1",
    }  # fmt: skip
    if plan.cron:
        for name in ("minutes", "hours", "days", "months", "weekdays"):
            env[f"BACKUP_{name.upper()}"] = " ".join(map(str, getattr(plan.cron, name)))
        env["BACKUP_EITHER_DAY"] = "yes" if plan.cron.either else "no"
    done = subprocess.run(
        ["/bin/sh", "-c", DRIVER, "sh", str(TOOLS)], env=env, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_the_first_backup_is_due_at_once(tmp_path: Path) -> None:
    assert due(tmp_path, Backup(), {}) == ["backup"]


def test_a_restore_test_follows_the_first_backup(tmp_path: Path) -> None:
    assert due(tmp_path, Backup(), {"last_success": NOW - 60}) == ["test"]


def test_nothing_is_due_when_both_were_done(tmp_path: Path) -> None:
    assert due(tmp_path, Backup(), {"last_success": NOW - 3600, "test_success": NOW - 3500}) == []


@pytest.mark.parametrize("every", [600, 3600, DAY, 7 * DAY])
def test_every_never_lets_the_newest_become_older_than_that(tmp_path: Path, every: int) -> None:
    spec = Backup(every=f"{every}s", rpo=f"{every}s")  # type: ignore[arg-type]
    plan = backups(spec)
    assert plan.every + plan.jitter < every, "even the latest start leaves time for the backup itself"
    assert due(tmp_path, spec, {"last_success": NOW - plan.every + 30, "test_success": NOW}) == []
    assert due(tmp_path, spec, {"last_success": NOW - plan.every, "test_success": NOW}) == ["backup"]


@pytest.mark.parametrize("spec", [Backup(), Backup(cron="0 * * * *")])
def test_one_made_by_hand_does_not_stand_for_one_of_the_schedule(tmp_path: Path, spec: Backup) -> None:
    """It goes after its time, and would leave a gap in what `keep` says."""
    state = {"last_success": NOW - 1800, "last_attempt": NOW - 1800, "test_success": NOW}
    assert due(tmp_path, spec, {**state, "scheduled": NOW - 2 * DAY}) == ["backup"]
    assert due(tmp_path, spec, {**state, "scheduled": NOW - 1800}, at=NOW + 120) == []


@pytest.mark.parametrize(("failures", "wait"), [(1, 60), (2, 120), (3, 240), (6, 1920), (7, 3600), (50, 3600)])
def test_a_failed_backup_is_tried_again_with_patience(tmp_path: Path, failures: int, wait: int) -> None:
    state = {"last_success": NOW - 10, "test_success": NOW, "failures": failures}
    assert due(tmp_path, Backup(), {**state, "last_attempt": NOW - wait + 1}) == []
    assert due(tmp_path, Backup(), {**state, "last_attempt": NOW - wait}) == ["backup"]


def test_a_failed_restore_test_is_tried_again(tmp_path: Path) -> None:
    state = {"last_success": NOW - 10, "test_failures": 1, "test_attempt": NOW - 61}
    assert due(tmp_path, Backup(), state) == ["test"]
    assert due(tmp_path, Backup(), {**state, "test_attempt": NOW - 30}) == []


CRONS = [
    "0 3 * * *", "30 1,13 * * *", "*/20 * * * *", "0 3 * * 0", "0 3 1 * *", "15 4 1 * 1", "0 0 31 5 *", "0 3 * 5 *",
]  # fmt: skip


@pytest.mark.parametrize("cron", CRONS)
def test_cron_is_due_exactly_in_the_minutes_that_it_names(tmp_path: Path, cron: str) -> None:
    """Compared with a reading of the five fields of its own, for a night and for scattered minutes of a year."""
    spec = Backup(cron=cron)
    start = datetime(2026, 5, 31, 2, 50, tzinfo=UTC)
    minutes = [start + timedelta(minutes=n) for n in range(0, 25, 5)]
    minutes += [datetime(2026, 6, 1, 4, 15, tzinfo=UTC), datetime(2026, 1, 1, 3, 0, tzinfo=UTC)]
    for when in minutes:
        at = int(when.timestamp())
        state = {"last_success": at - 120, "last_attempt": at - 120, "test_success": at}
        assert (due(tmp_path, spec, state, at) == ["backup"]) == named(cron, when), (cron, when)


def named(cron: str, when: datetime) -> bool:
    """Whether five fields name a minute."""
    fields = cron.split()
    values = [when.minute, when.hour, when.day, when.month, when.isoweekday() % 7]

    def fits(field: str, value: int) -> bool:
        if field.startswith("*/"):
            return value % int(field[2:]) == 0
        return field == "*" or str(value) in field.split(",")

    hits = [fits(field, value) for field, value in zip(fields, values, strict=True)]
    days = hits[2] or hits[4] if "*" not in (fields[2], fields[4]) else hits[2] and hits[4]
    return hits[0] and hits[1] and hits[3] and days


def test_a_missed_minute_of_cron_is_made_up_for(tmp_path: Path) -> None:
    """The host was down at three o'clock."""
    noon = NOW + 9 * 3600
    spec = Backup(cron="0 3 * * *")
    assert due(tmp_path, spec, {"last_success": noon - DAY - 61, "test_success": noon}, noon) == ["backup"]
    assert due(tmp_path, spec, {"last_success": noon - DAY + 60, "test_success": noon}, noon) == []
