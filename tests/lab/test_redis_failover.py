"""`ops failover redis`: the replica's copy takes the place of a volume that is lost, while an app writes sessions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from midwatch.render.project import load_project
from tests.lab import test_runbook_commands as commands
from tests.lab.engine import Engine
from tests.lab.failover import A_SECOND, CHANGES, COPY, after_a_loss, emptied, in_step, keys, said, with_redis_alive
from tests.lab.faults import until_healthy
from tests.lab.load import lost_sessions
from tests.lab.report import Report
from tests.lab.stack import Stack, running
from tests.lab.test_stack_3_doors import login, redis
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.long]


@pytest.fixture(scope="module")
def own(engine: Engine) -> Iterator[Stack]:
    with running(engine, "sva-studio", {"redis": CHANGES}) as started:
        assert started.problem == ""
        until(lambda: started.ops("status").returncode == 0, "ops status is content", 90)
        yield started


def test_a_lost_volume_costs_less_than_a_second_of_sessions(own: Stack, report: Report) -> None:
    one = after_a_loss(own)
    assert "in the last second before" in one.said
    made, gone = one.made, one.lost
    assert len(gone) <= A_SECOND
    assert keys(said(own)) == keys(said(own, "redis")) >= len(made.sessions) - len(gone)
    assert "redis serves the copy" in own.ops("history").stdout
    until(lambda: own.ops("status").returncode == 0, "all is well again", 120)
    report.note(
        f"Redis killed and its volume emptied under load: {len(gone)} of {len(made.sessions)} acknowledged sessions "
        f"lost; RedisDown after {one.told:.0f} s, ops failover redis {one.took:.0f} s; longest pause {made.pause:.0f} s"
    )
    undone = own.ops("failover", "--undo", "redis")
    assert "nothing was put aside" in undone.stdout + undone.stderr
    until_healthy(own, "redis")
    assert keys(said(own, "redis")) >= len(made.sessions) - len(gone)


def test_with_redis_alive_nothing_is_lost_and_it_can_be_undone(own: Stack, report: Report) -> None:
    in_step(own)
    assert redis(own, login(own), ["SET", "before", "1"])[1] == "+OK"
    one = with_redis_alive(own)
    made = one.made
    assert one.lost == []
    report.note(
        f"ops failover redis with Redis alive, under load: {one.took:.0f} s, longest pause {made.pause:.1f} s, "
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
