"""``midwatch drill restore`` without an engine: what it asks for, in which order, and what it never does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.drill import restore as drill
from midwatch.drill.witness import WITNESSES, Witness
from tests.cli.conftest import SPEC, Run

STAGING = SPEC + "environment: staging\n"
# Both write down how they were called. `broken` holds words that make a call fail.
FAKE = r"""#!/bin/sh
cd "$PLACE"
echo "$NAME $*" >>calls
case "$*" in *"run.sh last") echo 0badc0de ;; esac
while read -r word; do case "$*" in *"$word"*) echo "$word is broken" >&2; exit 1 ;; esac; done <broken
"""
LAST, FETCH = (f"docker compose exec -T backup-redis /probe/bin/sh /backup/run.sh {job}"
               for job in ("last", "fetch 0badc0de"))  # fmt: skip
GONE = ["docker compose rm --stop --force redis backup-redis", "docker volume rm demo_redis-data"]
WAY_BACK = "ops restore redis --from 0badc0de --yes"


class Place:
    """A project with a stack that only writes down what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content: list[str] = ["a", "b"]

    def breaks(self, *words: str) -> None:
        (self.folder / "broken").write_text("".join(f"{word}\n" for word in words))

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def place(project: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    one = Place(project)
    (project / "stack.yaml").write_text(STAGING)
    one.breaks()
    (project / "calls").touch()
    (project / "bin").mkdir()
    for path, name in ((project / "ops", "ops"), (project / "bin" / "docker", "docker")):
        path.write_text(FAKE.replace("$PLACE", str(project)).replace("$NAME", name))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{project}/bin{os.pathsep}{os.environ['PATH']}")
    read: Callable[..., list[str]] = lambda *_: list(one.content)  # noqa: E731
    monkeypatch.setattr(drill, "WITNESSES", {"redis": Witness("keys", lambda *_: None, read)})
    monkeypatch.setattr(drill, "_SETTLE", 0)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return one


def test_the_backup_of_a_moment_ago_is_what_comes_back(place: Place, midwatch: Run) -> None:
    """By its ID: the newest good one may be an older one."""
    done = midwatch("-C", place.folder, "drill", "restore")
    assert done.code == 0, done.err
    assert place.calls == ["ops backup redis", LAST, FETCH, *GONE, WAY_BACK]
    assert "all came back; the slowest, redis, in " in done.err and "(RPO 86400 s)" in done.err


@pytest.mark.parametrize("word", ["backup redis", "run.sh last", "run.sh fetch"])
def test_nothing_is_removed_before_the_backup_was_tried_out(place: Place, midwatch: Run, word: str) -> None:
    place.breaks(word)
    done = midwatch("-C", place.folder, "drill", "restore", "redis")
    assert (done.code, f"{word} is broken" in done.err) == (3, True), done.err
    assert not set(place.calls) & {*GONE, WAY_BACK}


def test_where_the_way_back_fails_it_says_what_to_do(place: Place, midwatch: Run) -> None:
    place.breaks("restore redis")
    done = midwatch("-C", place.folder, "drill", "restore")
    assert (done.code, "./ops restore redis --from 0badc0de" in done.err) == (3, True), done.err


def test_what_is_not_as_it_was_is_counted(place: Place, midwatch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "_remove", lambda _: place.content.remove("a"))
    done = midwatch("-C", place.folder, "drill", "restore", "--format", "json")
    (one,) = json.loads(done.out)["stores"]
    assert (done.code, one["same"], one["problem"]) == (1, False, "1 of 2 keys are not as they were")


def test_a_way_back_beyond_the_rto_is_a_finding(place: Place, midwatch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.folder / "stack.yaml").write_text(STAGING + "backup: {rto: 60s}\n")
    for seconds, code in ((60.0, 0), (61.0, 1)):
        monkeypatch.setattr(drill, "_ops", lambda *_, took=seconds: took)
        done = midwatch("-C", place.folder, "drill", "restore", "--format", "json")
        document = json.loads(done.out)
        assert (done.code, document["rto"], document["stores"][0]["restore_seconds"]) == (code, 60, seconds)
        assert document["stores"][0]["same"]


def test_in_production_it_wants_to_be_asked_by_name(place: Place, midwatch: Run) -> None:
    (place.folder / "stack.yaml").write_text(SPEC)
    done = midwatch("-C", place.folder, "drill", "restore")
    assert (done.code, "--in-production" in done.err, place.calls) == (2, True, [])
    assert midwatch("-C", place.folder, "drill", "restore", "--in-production").code == 0


def test_a_store_that_is_none_and_a_stack_that_is_none(place: Place, midwatch: Run) -> None:
    done = midwatch("-C", place.folder, "drill", "restore", "rediss")
    assert (done.code, "there are: redis" in done.err) == (2, True)
    (place.folder / "ops").unlink()
    done = midwatch("-C", place.folder, "drill", "restore")
    assert (done.code, "midwatch generate" in done.err, place.calls) == (2, True, [])


def test_without_the_password_of_redis_it_says_so(place: Place, midwatch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "WITNESSES", WITNESSES)
    done = midwatch("-C", place.folder, "drill", "restore", "redis")
    assert (done.code, "secrets/redis_password cannot be read" in done.err, place.calls) == (2, True, [])
