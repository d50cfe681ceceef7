"""`ops restore` and `ops failover` as changes: one at a time, in the history, and what to do when cut short."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.render.tree import render
from tests.conftest import make_spec
from tests.stack.ops import put, put_calling

DOCKER = r"""#!/bin/sh
# What is put aside is the name in `aside`, a silence is the file `silent`. `cut`: a signal, and at which command.
echo "$*" >>asked
if [ -e cut ]; then
  read -r signal at <cut
  case "$*" in *"$at"*) trap 'kill -$signal "$(cat .ops/lock/pid)"; sleep 0.2' EXIT ;; esac
fi
case "$*" in
  'compose config') echo 'name: demo' ;;
  'volume ls '*) echo volume ;;
  'compose ps '* | 'ps --all '*) echo container ;;
  *'silence add '*) touch silent && echo an-id ;;
  *'silence expire an-id') rm silent ;;
  *'run.sh fetched') echo 'a379ff7d 2026-05-31T03:00:38Z' ;;
  *'run.sh compare') [ ! -e broken ] ;;
  *'swap.sh in '* | *'swap.sh replica '*) for name in "$@"; do :; done; echo "$name" >>aside ;;
  *'swap.sh newest') tail -n 1 aside ;;
  *'swap.sh holds '*) for name in "$@"; do :; done; grep -qx "$name" aside ;;
  *'swap.sh out') [ -s aside ] && sed -i '$d' aside ;;
  *'swap.sh discard') : >aside ;;
esac
"""


@dataclass
class Stack:
    """A folder with `ops`, and a `docker` that only plays."""

    folder: Path

    def ops(self, *words: str) -> tuple[int, str, str]:
        env = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "USER": "ann"}
        done = subprocess.run(["/bin/sh", "./ops", *words], cwd=self.folder, env=env, capture_output=True, text=True,
                              timeout=30, start_new_session=True)  # fmt: skip
        assert not (self.folder / ".ops" / "lock").exists()
        return done.returncode, done.stdout, done.stderr

    def cut(self, at: str, signal: str = "TERM") -> None:
        (self.folder / "cut").write_text(f"{signal} {at}\n")

    @property
    def history(self) -> list[list[str]]:
        """All but the times of its lines."""
        file = self.folder / ".ops" / "history"
        return [line.split("\t")[1:] for line in file.read_text().splitlines()] if file.exists() else []

    def asked(self, words: str) -> bool:
        return words in (self.folder / "asked").read_text()

    @property
    def silent(self) -> bool:
        return (self.folder / "silent").exists()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    redis = {"use": "sessions", "memory": "64MiB", "replica": True}
    volumes = {"backup": {"volumes": [{"name": "uploads"}]}}
    tree = render(make_spec(redis=redis, **volumes))
    put(tree, tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(DOCKER)
    (tmp_path / "bin" / "docker").chmod(0o755)
    # What an earlier restore has left is never what this one is about.
    (tmp_path / "aside").write_text("2026-01-01T00-00-00Z\n")
    return Stack(tmp_path)


OF = "backup a379ff7d 2026-05-31T03:00:38Z"


def test_restore_undo_and_discard_are_in_the_history(stack: Stack) -> None:
    assert stack.ops("restore", "redis", "uploads", "--yes")[0] == 0
    assert stack.history == [["ann", store, "-", OF, "restored"] for store in ("redis", "uploads")]
    assert (stack.folder / ".ops" / ".gitignore").read_text() == "*\n"
    at = (stack.folder / "aside").read_text().split()[-1]
    assert stack.ops("restore", "--undo", "redis")[0] == 0
    assert stack.history[2:] == [["ann", "redis", "-", f"as before {at}", "restore undone"]]
    assert stack.ops("failover", "--discard", "redis")[0] == 0
    assert stack.history[3:] == [["ann", "redis", "-", "-", "what was there before the restore is removed"]]
    assert stack.asked("silence add component=~redis --duration=1800s") and not stack.silent
    assert "restore undone" in stack.ops("history")[1]


def test_one_that_fails_is_in_the_history_too(stack: Stack) -> None:
    (stack.folder / "broken").touch()
    assert stack.ops("restore", "redis", "--yes")[0] == 1
    assert stack.history == [["ann", "redis", "-", OF, "restore FAILED: it has not all of the backup"]]


def test_with_nothing_put_aside_undo_touches_nothing(stack: Stack) -> None:
    (stack.folder / "aside").write_text("")
    code, said, _ = stack.ops("restore", "--undo", "redis")
    assert (code, said, stack.history) == (1, "redis: nothing was put aside here\n", [])
    assert not stack.asked("compose stop")


@pytest.mark.parametrize(
    "words", [("restore", "redis", "--yes"), ("restore", "--undo", "redis"), ("restore", "--discard", "redis"),
              ("failover", "--yes"), ("failover", "--undo", "redis")]
)  # fmt: skip
def test_one_at_a_time(stack: Stack, words: tuple[str, ...]) -> None:
    lock = stack.folder / ".ops" / "lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(f"{os.getpid()}\n")
    env = {"PATH": f"{stack.folder}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "./ops", *words], cwd=stack.folder, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and f"another ops is at work here (process {os.getpid()})" in done.stderr
    assert lock.exists() and not stack.asked("run ") and not stack.asked("stop")


UNDO = "What was there before comes back with ./ops restore --undo redis"
START = "What was there before is in its place: docker compose up -d redis"


@pytest.mark.parametrize(
    ("words", "at", "advice"),
    [("redis --yes", "compose stop redis", START), ("redis --yes", "swap.sh in", UNDO),
     ("redis --yes", "compose up", UNDO), ("redis --yes", "run.sh compare", UNDO),
     ("--undo redis", "compose stop redis", UNDO), ("--undo redis", "swap.sh out", START),
     ("--undo redis", "compose up", START),
     ("--discard redis", "swap.sh discard", "Once more: ./ops restore --discard redis"),
     ("uploads --yes", "swap.sh space", "What was there before is in its place: start what uses it"),
     ("uploads --yes", "swap.sh in", UNDO.replace("redis", "uploads"))],
)  # fmt: skip
def test_cut_short_it_says_what_to_do_now(stack: Stack, words: str, at: str, advice: str) -> None:
    stack.cut(at)
    code, _, said = stack.ops("restore", *words.split())
    assert (code, said) == (1, f"ended by SIGTERM. {advice}\n")
    ((who, store, _, _, result),) = stack.history
    assert (who, store, result) == ("ann", words.replace("--yes", "").split()[-1], f"ended by SIGTERM. {advice}")
    assert not stack.silent


@pytest.mark.parametrize(("signal", "said"), [("INT", "interrupted by ann"), ("HUP", "the terminal went away")])
def test_whatever_cuts_it_short(stack: Stack, signal: str, said: str) -> None:
    stack.cut("compose stop redis", signal)
    assert stack.ops("restore", "redis", "--yes")[::2] == (1, f"{said}. {START}\n")
    assert [line[-1] for line in stack.history] == [f"{said}. {START}"] and not stack.silent


def test_before_anything_is_touched_there_is_nothing_for_the_history(stack: Stack) -> None:
    stack.cut("run.sh fetch")
    assert stack.ops("restore", "redis", "--yes")[::2] == (1, "ended by SIGTERM. Nothing was touched.\n")
    assert stack.history == [] and not stack.asked("compose stop")


BOTH = (
    "To go on: docker compose up -d redis redis-replica; "
    "if redis does not become healthy, ./ops failover redis once more."
)


@pytest.mark.parametrize(
    ("at", "back"),
    [
        ("compose stop redis-replica", ""),
        ("swap.sh replica", " What redis had comes back with ./ops failover --undo redis"),
    ],
)
def test_a_failover_that_is_cut_short(stack: Stack, at: str, back: str) -> None:
    tree = render(make_spec(redis={"use": "sessions", "memory": "64MiB", "replica": True}))
    parts = " && ".join(f"part {name}" for name in ("points", "at-work", "backup", "restore", "failover"))
    put_calling(tree, stack.folder, f"docker_answers\n{parts}\njudge() {{ :; }}\nfailover --yes")
    stack.cut(at)
    assert stack.ops()[::2] == (1, f"ended by SIGTERM. {BOTH}{back}\n")
    assert stack.history == [["ann", "redis", "-", "redis-replica", f"ended by SIGTERM. {BOTH}{back}"]]
    assert stack.asked("silence add component=~redis|redis-replica|redis-exporter") and not stack.silent
