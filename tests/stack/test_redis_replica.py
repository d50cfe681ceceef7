"""The replica and its Redis (or Valkey), with the generated configuration, ACL and scripts, as real programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from midwatch.render.tree import render
from midwatch.secrets.derive import redis_acl, redis_exporter_passwords
from tests.conftest import make_spec
from tests.stack.programs import free_port, needed, running, until
from tests.stack.test_redis import PASSWORDS

ALL = {**PASSWORDS, "redis_replica_password": "replica-password"}
WHOLE = "the copy is whole"


@dataclass
class Pair:
    """Both of them on this machine: volumes are folders, and names are ports."""

    engine: str
    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {"redis": free_port(), "redis-replica": free_port()})

    def __post_init__(self) -> None:
        tree = render(make_spec(redis={"engine": self.engine, "memory": "32MiB", "replica": True}))
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        (self.folder / "secrets").mkdir()
        (self.folder / "secrets" / "redis_users_acl").write_text(redis_acl(ALL))
        for name, value in ALL.items():
            (self.folder / "secrets" / name).write_text(value + "\n")
        # Both names of the client are in both images, and the server is the one of the engine.
        (programs / "redis-cli").symlink_to(needed(f"{self.engine}-cli"))
        (programs / f"{self.engine}-server").symlink_to(needed(f"{self.engine}-server"))
        for name in self.ports:
            self.data(name).mkdir()
            files = self.folder / name / "etc"
            files.mkdir()
            for path, file in tree.items():
                if path.startswith(f"{name}/") and path.count("/") == 1:
                    (files / path.partition("/")[2]).write_text(self._here(name, file.data.decode()))

    def _here(self, name: str, text: str) -> str:
        port = self.ports[name]
        for old, new in {
            "/usr/local/etc/redis": str(self.folder / name / "etc"),
            "/run/secrets": str(self.folder / "secrets"),
            "dir /data": f"dir {self.data(name)}",
            " /data": f" {self.data(name)}",
            "/replica/": f"{self.data('redis-replica')}/",
            "port 6379": f"port {port}",
            "bind * -::*": "bind 127.0.0.1",
            "replicaof redis 6379": f"replicaof 127.0.0.1 {self.ports['redis']}",
            "redis-cli -e": f"redis-cli -p {port} -e",
        }.items():
            text = text.replace(old, new)
        return text

    def data(self, name: str) -> Path:
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name / "data"

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin"}

    @contextmanager
    def up(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """One of them, by its own start script, until the block ends (SIGTERM)."""
        script = self.folder / name / "etc" / "start.sh"
        with running(["env", f"PATH={self.env['PATH']}", "sh", str(script)], self.folder / name / "log") as process:
            until(lambda: self.cli(name, "health", "ping") == "PONG", f"{name} answers; {self.folder / name / 'log'}")
            yield process

    def cli(self, name: str, user: str, *words: str) -> str:
        password = "redis_password" if user == "default" else f"redis_{user}_password"
        env = {**self.env, "REDISCLI_AUTH": ALL.get(password, "none")}
        where = ["-h", "127.0.0.1", "-p", str(self.ports[name])]
        command = ["redis-cli", *where, "--no-auth-warning", "--user", user, *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=False)
        return (done.stdout + done.stderr).strip()

    def script(self, name: str, file: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.folder / name / "etc" / file)]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=20, check=False)

    def follows(self, keys: int) -> None:
        def whole() -> bool:
            said = self.cli("redis-replica", "replica", "info", "all")
            return (
                f"db0:keys={keys}," in said or (not keys and "db0:" not in said)
            ) and "master_link_status:up" in said and "aof_rewrite_in_progress:0" in said  # fmt: skip

        until(whole, WHOLE, 30)


@pytest.fixture(params=["redis", "valkey"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return Pair(request.param, tmp_path)


def test_the_replica_follows_with_a_password_that_no_file_and_no_argument_has(pair: Pair) -> None:
    with pair.up("redis"), pair.up("redis-replica") as replica:
        assert pair.cli("redis", "default", "set", "sess:1", "v", "EX", "3600") == "OK"
        pair.follows(1)
        assert pair.cli("redis-replica", "default", "set", "sess:2", "v").startswith("READONLY")
        assert "replica-password" not in Path(f"/proc/{replica.pid}/cmdline").read_text()
        for path in (pair.folder / "redis-replica").rglob("*"):
            assert path.is_dir() or b"replica-password" not in path.read_bytes(), path


def test_its_user_may_follow_and_ask_and_nothing_else(pair: Pair) -> None:
    with pair.up("redis"):
        assert "role:master" in pair.cli("redis", "replica", "info", "all")
        for command in (
            ["get", "x"], ["set", "x", "1"], ["keys", "*"], ["scan", "0"], ["config", "get", "*"], ["shutdown"],
            ["replicaof", "no", "one"], ["bgsave"], ["acl", "list"], ["failover"], ["monitor"],
        ):  # fmt: skip
            assert "NOPERM" in pair.cli("redis", "replica", *command), command


def test_an_emptied_redis_does_not_start_while_the_replica_has_the_data(pair: Pair) -> None:
    """Else the replica would follow it at once, and both had nothing."""
    with pair.up("redis-replica"):
        with pair.up("redis"):
            for number in range(50):
                pair.cli("redis", "default", "set", f"sess:{number}", "v", "EX", "3600")
            pair.follows(50)
        shutil.rmtree(pair.data("redis"))
        pair.data("redis").mkdir()
        for _ in range(2):
            refused = pair.script("redis", "start.sh")
            assert refused.returncode == 1
            assert "./ops failover redis" in refused.stdout
        assert "db0:keys=50," in pair.cli("redis-replica", "replica", "info", "keyspace")
    # The same after a restart of the host, with the replica not there yet.
    assert pair.script("redis", "start.sh").returncode == 1


def test_both_begin_empty_and_an_empty_redis_may_lose_its_nothing(pair: Pair) -> None:
    with pair.up("redis-replica"), pair.up("redis"):
        pair.follows(0)
    shutil.rmtree(pair.data("redis"))
    pair.data("redis").mkdir()
    with pair.up("redis"):
        assert pair.cli("redis", "default", "dbsize") == "0"


def test_the_mark_of_the_health_check_is_as_old_as_the_copy(pair: Pair) -> None:
    mark = pair.data("redis-replica") / "in-step"
    with pair.up("redis-replica"):
        assert pair.script("redis-replica", "health.sh").returncode == 0
        assert not mark.exists()
        with pair.up("redis"):
            pair.cli("redis", "default", "set", "sess:1", "v")
            pair.follows(1)
            assert pair.script("redis-replica", "health.sh").returncode == 0
            assert mark.exists()
            os.utime(mark, (1, 1))
        until(lambda: "status:down" in pair.cli("redis-replica", "replica", "info", "replication"), "the link breaks")
        assert pair.script("redis-replica", "health.sh").returncode == 0
        assert mark.stat().st_mtime == 1
    assert pair.script("redis-replica", "health.sh").returncode != 0


def test_the_exporter_has_a_password_for_both() -> None:
    assert set(json.loads(redis_exporter_passwords(ALL))) == {
        "redis://exporter@redis:6379",
        "redis://exporter@redis-replica:6379",
    }
    assert set(json.loads(redis_exporter_passwords(PASSWORDS))) == {"redis://exporter@redis:6379"}


def test_a_name_that_nobody_resolves_holds_nobody_up(tmp_path: Path) -> None:
    """Without its Redis the name is gone; a resolver that answers late took 40 s of each `./ops failover redis`."""
    (tmp_path / "password").write_text("x\n")
    script = render(make_spec(redis={"replica": True}))["redis-replica/info.sh"].data.decode()
    (tmp_path / "info.sh").write_text(script.replace("/run/secrets/redis_replica_password", str(tmp_path / "password")))
    (tmp_path / "redis-cli").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "redis-cli").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", tmp_path / "info.sh", "redis"], env=env, capture_output=True, text=True, timeout=15)
    assert done.stdout == "" and done.returncode != 0, "or `ops failover` takes it for one that still reads its data"
