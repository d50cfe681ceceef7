"""Redis and Valkey with the generated configuration and ACL: what each user may do, and what survives."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from midwatch.render.tree import render
from midwatch.secrets.derive import redis_acl
from tests.conftest import make_spec
from tests.stack.programs import free_port, needed, running, until

PASSWORDS = {
    "redis_password": "apps-password",
    "redis_exporter_password": "exporter-password",
    "redis_backup_password": "backup-password",
}
USERS = {"default": "apps-password", "exporter": "exporter-password", "backup": "backup-password", "health": "none"}


@dataclass
class Server:
    """A running server."""

    engine: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def cli(self, *command: str, user: str | None = "default", flags: tuple[str, ...] = ()) -> tuple[int, str]:
        """Exit code and output of the command line client, as ``user`` (None: without logging in)."""
        env = {key: value for key, value in os.environ.items() if not key.endswith("CLI_AUTH")}
        who: tuple[str, ...] = ()
        if user is not None:
            env["REDISCLI_AUTH"] = USERS[user]
            who = ("--user", user)
        program = needed("redis-cli" if self.engine == "redis" else "valkey-cli")
        done = subprocess.run(
            [program, *flags, "-h", "127.0.0.1", "-p", str(self.port), *who, *command],
            env=env, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return done.returncode, (done.stdout + done.stderr).strip()

    def refused(self, *command: str, user: str) -> bool:
        answer = self.cli(*command, user=user)[1]
        return "NOPERM" in answer or "not allowed" in answer


@contextmanager
def server(engine: str, folder: Path, use: str = "sessions", memory: str = "32MiB", more: str = "") -> Iterator[Server]:
    program = needed(f"{engine}-server")
    folder.mkdir(parents=True, exist_ok=True)
    text = render(make_spec(redis={"engine": engine, "use": use, "memory": memory}))["redis/redis.conf"].data.decode()
    acl = folder / "users.acl"
    acl.write_text(redis_acl(PASSWORDS))
    one = Server(engine, free_port(), folder)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    text = text.replace("/run/secrets/redis_users_acl", str(acl)).replace("dir /data", f"dir {data}")
    text = text.replace("port 6379", f"port {one.port}").replace("bind * -::*", "bind 127.0.0.1")
    config = folder / "redis.conf"
    config.write_text(text + more)
    with running([program, str(config)], folder / "log") as one.process:
        until(lambda: one.cli("ping", user="health", flags=("-e",)) == (0, "PONG"), f"it answers; {folder / 'log'}")
        yield one


@pytest.fixture(scope="module", params=["redis", "valkey"])
def one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(request.param, tmp_path_factory.mktemp(request.param)) as running_one:
        yield running_one


def test_nobody_gets_in_without_a_password(one: Server) -> None:
    assert "NOAUTH" in one.cli("ping", user=None)[1]
    assert "NOAUTH" in one.cli("get", "x", user=None)[1]


def test_health_may_ping_and_nothing_else(one: Server) -> None:
    assert one.cli("ping", user="health", flags=("-e",)) == (0, "PONG")
    for command in (["get", "x"], ["set", "x", "1"], ["info"], ["acl", "whoami"], ["shutdown"], ["config", "get", "*"]):
        assert one.refused(*command, user="health"), command


def test_the_probe_fails_while_the_server_does_not_answer_well(one: Server) -> None:
    """`-e` makes an error reply a failure of the health check."""
    assert one.cli("get", "x", user="health", flags=("-e",))[0] == 1


def test_apps_may_read_and_write_but_not_destroy_or_administer(one: Server) -> None:
    assert one.cli("set", "sess:1", "v", "EX", "60") == (0, "OK")
    assert one.cli("get", "sess:1") == (0, "v")
    assert "redis_version" in one.cli("info", "server")[1]
    for command in (
        ["flushall"], ["flushdb"], ["keys", "*"], ["config", "set", "maxmemory", "0"], ["config", "get", "*"],
        ["shutdown"], ["debug", "sleep", "1"], ["save"], ["bgsave"], ["replicaof", "x", "1"], ["acl", "list"],
        ["monitor"], ["client", "kill", "id", "1"], ["module", "list"], ["swapdb", "0", "1"], ["cluster", "reset"],
        ["failover"], ["slowlog", "reset"],
    ):  # fmt: skip
        assert one.refused(*command, user="default"), command


def test_the_exporter_reads_no_key(one: Server) -> None:
    assert "used_memory" in one.cli("info", "all", user="exporter")[1]
    for command in (["get", "sess:1"], ["set", "a", "b"], ["scan", "0"], ["keys", "*"], ["config", "set", "save", ""]):
        assert one.refused(*command, user="exporter"), command


def test_the_backup_may_save_and_reads_no_key(one: Server) -> None:
    assert "started" in one.cli("bgsave", user="backup")[1]
    assert one.cli("lastsave", user="backup")[0] == 0
    until(lambda: "rdb_bgsave_in_progress:0" in one.cli("info", "persistence", user="backup")[1], "it has saved")
    for command in (["get", "sess:1"], ["flushall"], ["shutdown"], ["config", "set", "dir", "/tmp"]):
        assert one.refused(*command, user="backup"), command


def test_nothing_dangerous_is_open_even_for_an_administrator(one: Server) -> None:
    """There is no administrator: every user of the ACL is one of the four."""
    users = {line.split()[1] for line in redis_acl(PASSWORDS).splitlines()}
    assert users == set(USERS)
    assert "apps-password" not in redis_acl(PASSWORDS)


@pytest.mark.parametrize("engine", ["redis", "valkey"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_written_a_second_ago_survives(tmp_path: Path, engine: str, end: signal.Signals) -> None:
    with server(engine, tmp_path) as one:
        for i in range(100):
            assert one.cli("set", f"sess:{i}", "v", "EX", "3600")[1] == "OK"
        time.sleep(2.1)
        assert one.process is not None
        one.process.send_signal(end)
        assert one.process.wait(15) == (0 if end == signal.SIGTERM else -9)
    with server(engine, tmp_path) as one:
        assert one.cli("dbsize")[1] == "100"
        assert int(one.cli("ttl", "sess:5")[1]) > 3500


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_sessions_are_never_evicted_and_a_full_server_refuses_writes(tmp_path: Path, engine: str) -> None:
    with server(engine, tmp_path, memory="16MiB") as one:
        answers = [one.cli("set", f"sess:{i}", "x" * 100_000, "EX", "3600")[1] for i in range(200)]
        assert answers[0] == "OK"
        assert answers[-1].startswith("OOM")
        kept = answers.count("OK")
        assert one.cli("dbsize")[1] == str(kept)
        assert "evicted_keys:0" in one.cli("info", "stats")[1]
        assert one.cli("get", "sess:0")[1].startswith("xxx")


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_a_cache_evicts_and_takes_writes(tmp_path: Path, engine: str) -> None:
    with server(engine, tmp_path, use="cache", memory="16MiB") as one:
        answers = [one.cli("set", f"page:{i}", "x" * 100_000)[1] for i in range(250)]
        assert set(answers) == {"OK"}
        assert "evicted_keys:0\r" not in one.cli("info", "stats")[1]


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_the_log_has_no_warning_about_the_configuration(tmp_path: Path, engine: str) -> None:
    with server(engine, tmp_path) as one:
        lines = (one.folder / "log").read_text().splitlines()
    ours = [line for line in lines if " # " in line and "overcommit" not in line and "TCP backlog" not in line]
    assert [line for line in ours if "Warning" in line or "WARNING" in line] == []
