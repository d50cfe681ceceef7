"""Backups: each store comes back by content, a damaged repository is refused before anything is touched, and a sidecar
that is killed leaves a repository that is whole."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from tests.lab import backups
from tests.lab.backups import CONTENT, DAMAGES, STORES, Damage, Seed, metric, sidecar
from tests.lab.project import midwatch
from tests.lab.report import Report
from tests.lab.stack import Stack
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.long]
KILLS = 4


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seed:
    if stack.missing:
        pytest.skip(f"not the whole stack is here: {stack.missing}")
    backups.settled(stack)
    return backups.seed(stack)


@pytest.mark.parametrize("store", STORES)
def test_a_lost_volume_comes_back_with_all_that_was_saved(
    stack: Stack, seeded: Seed, store: str, report: Report
) -> None:
    one = backups.round_trip(stack, seeded, store)
    report.note(f"restore of {store}: {one.items} {one.unit}, saved in {one.saved:.0f} s, back in {one.back:.0f} s")
    assert one.back < stack.plan.spec.backup.rto


def test_a_restore_can_be_undone_and_made_again(stack: Stack, seeded: Seed) -> None:
    before = CONTENT["redis"](stack, seeded)
    done = stack.ops("backup", "redis")
    assert done.returncode == 0, done.stdout + done.stderr
    password = (stack.folder / "secrets" / "redis_password").read_text().strip()
    key = f"{seeded.word}:since"
    stack.ask("studio", {"redis": "redis:6379", "commands": [["AUTH", password], ["SET", key, "newer"]]})

    def since() -> str:
        (answer,) = stack.ask("studio", {"redis": "redis:6379", "commands": [["AUTH", password], ["GET", key]]})
        return str(answer["replies"][1])

    assert stack.ops("restore", "redis", "--yes").returncode == 0
    assert (since(), CONTENT["redis"](stack, seeded)) == ("$-1", before)
    done = stack.ops("restore", "--undo", "redis")
    assert done.returncode == 0 and "in its place again" in done.stdout, done.stdout + done.stderr
    assert since() == "$newer"
    assert stack.ops("restore", "--discard", "redis").returncode == 0


@pytest.mark.parametrize("after", [0.0, 1.0, 3.0])
def test_a_restore_that_is_interrupted_says_how_it_is_undone(stack: Stack, seeded: Seed, after: float) -> None:
    """Ctrl-C so many seconds after the store was told to stop; it reaches whatever the terminal runs."""
    before = CONTENT["redis"](stack, seeded)
    with subprocess.Popen(["./ops", "restore", "redis", "--yes"], cwd=stack.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:  # fmt: skip
        until(lambda: "ops restore redis" in _silences(stack), "it begins", 240)
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=120)[0]
    advice = re.findall(
        r"interrupted by \S+\. .* (\./ops restore --undo redis|docker compose up -d redis)$", said, re.M
    )
    assert process.returncode == 1 and len(advice) == 1, said
    assert "ops restore redis" not in _silences(stack) and advice[0] in stack.ops("history").stdout
    time.sleep(5)  # whoever is told reads first
    subprocess.run(advice[0].split(), cwd=stack.folder, check=True, timeout=300)
    until(lambda: CONTENT["redis"](stack, seeded) == before, "all is there as it was", 60)
    done = stack.ops("restore", "redis", "--yes")
    assert done.returncode == 0 and "cut short" not in done.stdout, done.stdout + done.stderr
    assert stack.ops("restore", "--discard", "redis").returncode == 0


def _silences(stack: Stack) -> str:
    return stack.ops("silences").stdout


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name.replace(" ", "-"))
def test_a_damaged_repository_is_refused_before_anything_is_touched(
    stack: Stack, seeded: Seed, damage: Damage, report: Report
) -> None:
    one = backups.refused(stack, seeded, "redis", damage)
    report.note(f"{one.name} repository: refused ({one.said[:90]}), paged after {one.paged:.0f} s")


@pytest.mark.parametrize("store", ["redis", "prometheus"])
def test_a_killed_sidecar_leaves_a_whole_repository_and_the_next_run_succeeds(
    stack: Stack, seeded: Seed, report: Report, store: str
) -> None:
    chance = random.Random(7)
    killed = [backups.kill(stack, store, 0.3 + chance.random() * 6) for _ in range(KILLS)]
    report.note(
        f"kills of backup-{store}: {KILLS}, {sum(one.running for one in killed)} while it saved; none left damage"
    )
    assert sidecar(stack, store, "test")[0] == 0
    if store == "prometheus":
        assert stack.compose("exec", "-T", "prometheus", "sh", "-c", "ls /prometheus/snapshots").split() == []


def test_a_backup_ends_cleanly_when_its_sidecar_is_stopped(stack: Stack, seeded: Seed) -> None:
    command = ["docker", "exec", f"{stack.name}-backup-redis-1", "/probe/bin/sh", "/backup/run.sh", "backup"]
    job = subprocess.Popen(command)
    time.sleep(2)
    began = time.monotonic()
    stack.compose("stop", "backup-redis")
    assert time.monotonic() - began < stack.plan.service("backup-redis").grace
    job.wait(30)
    assert stack.containers()["backup-redis"]["State"]["ExitCode"] == 0
    stack.compose("start", "backup-redis")
    until(lambda: stack.containers()["backup-redis"]["State"]["Health"]["Status"] == "healthy", "it is healthy", 60)
    code, said = sidecar(stack, "redis", "backup")
    assert code == 0, said
    assert metric(stack, "redis", "backup_failures") == 0


def test_the_drill_loses_a_volume_and_measures_the_way_back(stack: Stack, seeded: Seed, report: Report) -> None:
    said = midwatch(stack.folder, "drill", "restore", "--in-production", "--format", "json", timeout=900)
    drilled = json.loads(said)
    assert {one["store"]: one["problem"] for one in drilled["stores"]} == dict.fromkeys(STORES, "")
    assert all(one["same"] and one["items"] for one in drilled["stores"])
    assert all(0 < one["restore_seconds"] < drilled["rto"] for one in drilled["stores"])
    report.note(
        "drill restore: " + ", ".join(f"{one['store']} {one['restore_seconds']} s" for one in drilled["stores"])
    )
