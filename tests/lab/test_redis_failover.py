"""`ops failover redis`: the replica's copy takes the place of a volume that is lost, while an app writes sessions."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from midwatch.render.project import load_project
from tests.lab import test_runbook_commands as commands
from tests.lab.cache import run
from tests.lab.engine import Engine
from tests.lab.faults import until_healthy
from tests.lab.load import flows, load, lost_sessions
from tests.lab.report import Report
from tests.lab.stack import Stack, running
from tests.lab.test_stack_3_doors import login, redis
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.long]
CHANGES = {"redis": {"use": "sessions", "memory": "64MiB", "replica": True}}
MAIN, COPY = "redis-data", "redis-replica-data"


@pytest.fixture(scope="module")
def own(engine: Engine) -> Iterator[Stack]:
    with running(engine, "sva-studio", CHANGES) as started:
        assert started.problem == ""
        until(lambda: started.ops("status").returncode == 0, "ops status is content", 90)
        yield started


def said(stack: Stack, server: str = "") -> dict[str, str]:
    """What the replica says of itself, or of what another server says to it."""
    text = stack.compose("exec", "-T", "redis-replica", "sh", "/usr/local/etc/redis/info.sh", *filter(None, [server]))
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def keys(of: dict[str, str]) -> int:
    return int(of.get("db0", "keys=0,").split(",")[0].partition("=")[2])


def in_step(stack: Stack) -> None:
    def whole() -> bool:
        own = said(stack)
        return own["master_link_status"] == "up" and own["aof_rewrite_in_progress"] == "0"

    until(whole, "the replica is in step", 60)


def emptied(stack: Stack, volume: str) -> None:
    """As a broken disk leaves it; the volume itself is in use by containers, and stays."""
    busybox = stack.plan.service("probe-tools").image
    mount = f"{stack.name}_{volume}:/there"
    script = "find /there -mindepth 1 -maxdepth 1 -exec rm -rf {} +"
    run(["docker", "run", "--rm", "--network", "none", "-v", mount, busybox, "sh", "-c", script], what=script)


def test_a_lost_volume_costs_less_than_a_second_of_sessions(own: Stack, report: Report) -> None:
    in_step(own)
    with load(own) as made:
        flows(made)
        time.sleep(10)
        own.compose("kill", "redis")
        emptied(own, MAIN)
        lost = time.monotonic()
        own.compose("up", "--detach", "redis")
        refusal = "REFUSED to start empty"
        until(lambda: own.compose("logs", "redis").count(refusal) > 1, "Redis does not start empty", 60)
        assert keys(said(own)) > 1000, "the replica has kept what its Redis has lost"
        until(lambda: own.query('redis_master_link_up{job="redis-replica"} == 0') != [], "the broken link is seen", 60)
        until(lambda: ("RedisDown", "redis") in own.firing(), "RedisDown fires", 60)
        began = time.monotonic()
        done = own.ops("failover", "redis", "--yes")
        took, away = time.monotonic() - began, time.monotonic() - lost
        assert done.returncode == 0, done.stdout + done.stderr
        assert "in the last second before" in done.stdout, done.stdout
        time.sleep(3)
    gone = made.lost_sessions()
    # In a second the writer is acknowledged at most 200 times.
    assert len(gone) <= 200
    assert keys(said(own)) == keys(said(own, "redis")) >= len(made.sessions) - len(gone)
    assert "redis serves the copy" in own.ops("history").stdout
    until(lambda: own.ops("status").returncode == 0, "all is well again", 120)
    report.note(
        f"Redis killed and its volume emptied under load: {len(gone)} of {len(made.sessions)} acknowledged sessions "
        f"lost; ops failover redis {took:.0f} s, {away:.0f} s after the loss; longest pause {made.pause:.0f} s"
    )
    undone = own.ops("failover", "--undo", "redis")
    assert "nothing was put aside" in undone.stdout + undone.stderr
    until_healthy(own, "redis")
    assert keys(said(own, "redis")) >= len(made.sessions) - len(gone)


def test_with_redis_alive_nothing_is_lost_and_it_can_be_undone(own: Stack, report: Report) -> None:
    in_step(own)
    assert redis(own, login(own), ["SET", "before", "1"])[1] == "+OK"
    with load(own) as made:
        flows(made)
        began = time.monotonic()
        done = own.ops("failover", "--yes")
        took = time.monotonic() - began
        assert done.returncode == 0, done.stdout + done.stderr
    assert made.lost_sessions() == []
    report.note(
        f"ops failover redis with Redis alive, under load: {took:.0f} s, longest pause {made.pause:.1f} s, "
        f"none of {len(made.sessions)} sessions lost"
    )
    assert redis(own, login(own), ["SET", "after", "1"])[1] == "+OK"
    undone = own.ops("failover", "--undo", "redis")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert redis(own, login(own), ["EXISTS", "after"])[1] == ":0"
    # The old volume has what was written until Redis was stopped: the first so many sessions, and none of the later.
    assert redis(own, login(own), ["EXISTS", "before"])[1] == ":1"
    gone = lost_sessions(own, made.sessions)
    assert gone == made.sessions[len(made.sessions) - len(gone) :]
    in_step(own)
    assert own.ops("failover", "--discard", "redis").returncode == 0


def test_a_copy_that_is_not_fit_is_refused_and_nothing_is_touched(own: Stack) -> None:
    in_step(own)
    held = keys(said(own, "redis"))
    own.compose("stop", "redis-replica")
    emptied(own, COPY)
    own.compose("stop", "redis")
    before = {name: own.containers()[name]["State"]["StartedAt"] for name in ("redis",)}
    done = own.ops("failover", "redis", "--yes", "--force")
    assert done.returncode == 1
    assert "holds nothing" in done.stderr
    assert "Nothing was touched" in done.stderr
    assert {name: own.containers()[name]["State"]["StartedAt"] for name in before} == before
    own.compose("up", "--detach", "--wait")
    in_step(own)
    assert keys(said(own)) == keys(said(own, "redis")) >= held - 5


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("page", ["redis-failover", "RedisReplicationBroken", "RedisReplicaLagging"])
def test_the_pages_promise_what_their_commands_show(own: Stack, language: str, page: str) -> None:
    in_step(own)
    until(lambda: own.ops("status").returncode == 0, "ops status is content", 180)
    host = commands.Host(own, {language: commands.pages(load_project(own.folder).spec, language)}, language)
    commands.test_the_page_promises_what_its_commands_show(host, language, page)
