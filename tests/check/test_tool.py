"""Where a judge's program comes from, with small programs of the test's own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from midwatch.check import programs, tool
from midwatch.check.tool import Missing, Tool, UnusableError


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(programs, "search_path", lambda: f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    real_find = programs.find
    # Nothing outside of the folder counts: this machine may have the real ones.
    monkeypatch.setattr(programs, "find", lambda *names: next((p for n in names if (p := folder / n).exists()), None))
    assert real_find("sh") is not None
    return folder


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_program_on_path_comes_first(bin_dir: Path) -> None:
    path = program(bin_dir, "promtool", 'echo "promtool, version 3.1.4 (go version: go1.26)"')
    found = tool.resolve("promtool", image="prom/prometheus:v3.16.0", entrypoint="promtool", identity="promtool")
    assert found == Tool(str(path), "3.1.4")


def test_another_program_of_that_name_is_not_used(bin_dir: Path) -> None:
    program(bin_dir, "loki", "echo 'LOKI: linkage analysis for genetics 2.4.7'")
    found = tool.resolve("loki", identity="loki, version", version_flag="-version")
    assert isinstance(found, Missing)
    assert "another program" in found.reason


def test_another_major_version_would_judge_by_other_rules(bin_dir: Path) -> None:
    program(bin_dir, "promtool", "echo 'promtool, version 2.42.0'")
    found = tool.resolve("promtool", image="prom/prometheus:v3.16.0", entrypoint="promtool", identity="promtool")
    assert isinstance(found, Missing)
    assert "2.42.0, the stack runs prom/prometheus:v3.16.0; docker is not on PATH either" in found.reason


def test_neither_program_nor_image_is_a_reason(bin_dir: Path) -> None:
    assert tool.resolve("amtool") == Missing("amtool is not on PATH")


FAKE_DOCKER = """
case "$1" in
  version) exit {engine} ;;
  image) exit {present} ;;
  pull) echo 'toomanyrequests: slow down' >&2; exit {pull} ;;
  run) echo "$@" ; exit {run} ;;
  rm) echo removed >> {log} ;;
esac
"""


def docker(folder: Path, *, engine: int = 0, present: int = 0, pull: int = 0, run: int = 0) -> None:
    values = {"engine": engine, "present": present, "pull": pull, "run": run, "log": folder / "log"}
    program(folder, "docker", FAKE_DOCKER.format(**values))


def test_the_pinned_image_comes_second_and_is_shut_in(bin_dir: Path, tmp_path: Path) -> None:
    docker(bin_dir)
    found = tool.resolve("amtool", image="x/alertmanager:v1", entrypoint="amtool")
    assert isinstance(found, Tool)
    assert (found.image, found.version, found.shown) == ("x/alertmanager:v1", "v1", "amtool in x/alertmanager:v1")
    out = found.run(tmp_path, ["check-config", tmp_path / "a"], env={"A": "b"}).out
    for part in (
        "--network none",
        "--read-only",
        "--rm",
        f"source={tmp_path},target={tmp_path},readonly",
        "--env A=b",
        "--cap-drop ALL",
        "--entrypoint amtool x/alertmanager:v1 check-config",
    ):
        assert part in out


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"engine": 1}, "no Docker engine answers"), ({"present": 1, "pull": 1}, "cannot be pulled (toomanyrequests")],
)
def test_no_engine_and_no_image_are_reasons(bin_dir: Path, options: dict[str, int], reason: str) -> None:
    docker(bin_dir, **options)
    found = tool.resolve("amtool", image=f"x/{len(options)}:v1", entrypoint="amtool")
    assert isinstance(found, Missing)
    assert reason in found.reason


def test_a_remote_engine_does_not_see_our_files(bin_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(bin_dir)
    monkeypatch.setenv("DOCKER_HOST", "tcp://far.example.com:2375")
    found = tool.resolve("amtool", image="x/far:v1", entrypoint="amtool")
    assert isinstance(found, Missing)
    assert "does not see the files" in found.reason


def test_an_image_that_cannot_start_is_no_verdict_on_the_config(bin_dir: Path, tmp_path: Path) -> None:
    docker(bin_dir, run=126)
    found = tool.resolve("amtool", image="x/broken:v1", entrypoint="amtool")
    assert isinstance(found, Tool)
    with pytest.raises(UnusableError, match="cannot be run"):
        found.run(tmp_path, ["check-config"])


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    path = program(tmp_path, "slow", "exec sleep 30")
    start = time.monotonic()
    outcome = programs.run([path], timeout=0.3)
    assert outcome.code is None
    assert "ended after" in outcome.err
    assert time.monotonic() - start < 10


def test_a_server_is_stopped_once_it_is_ready(tmp_path: Path) -> None:
    path = program(tmp_path, "server", "echo starting; echo ready; exec sleep 30")
    start = time.monotonic()
    outcome = programs.run_until([path], lambda log: "ready" in log, env={})
    assert (outcome.code, outcome.out) == (0, "starting\nready\n")
    assert time.monotonic() - start < 10


def test_a_server_that_dies_or_never_comes_up(tmp_path: Path) -> None:
    dead = program(tmp_path, "dead", "echo no; exit 3")
    assert programs.run_until([dead], lambda log: "ready" in log, env={}) == programs.Outcome(3, "no\n", "")
    mute = program(tmp_path, "mute", "exec sleep 30")
    assert programs.run_until([mute], lambda log: False, env={}, timeout=0.3).code is None


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be started" in programs.run([tmp_path / "nothing"]).err
