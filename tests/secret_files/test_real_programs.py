"""The derived files in the hands of the programs that read them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midwatch.plan.build import build
from midwatch.secrets.settle import settle
from tests.conftest import make_spec
from tests.secret_files.conftest import WEBHOOK, Person

LAB = Path(os.environ.get("MIDWATCH_LAB_CACHE") or Path.home() / ".cache/midwatch-lab") / "bin"
PATHS = os.pathsep.join([os.environ.get("PATH", ""), str(LAB)])
Cli = Callable[..., str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(params=["redis", "valkey"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cli]:
    """A server with our ACL file; the result runs one command as a user and returns the first line of the answer."""
    program, client = (shutil.which(f"{request.param}-{part}", path=PATHS) for part in ("server", "cli"))
    client = client or shutil.which("redis-cli", path=PATHS)
    if not program or not client:
        pytest.skip(f"{request.param}-server is not here: python -m tests.lab.programs {request.param}")
    settle(build(make_spec(redis={"engine": request.param})), tmp_path, ask=Person(WEBHOOK))
    secrets, port = tmp_path / "secrets", free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", "",
         "--aclfile", str(secrets / "redis_users_acl")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip

    def ask(user: str, *words: str) -> str:
        files = {"default": "redis_password", "exporter": "redis_exporter_password", "backup": "redis_backup_password"}
        password = (secrets / files[user]).read_text() if user in files else "any"
        login = ["--no-auth-warning", "--user", user, "--pass", password] if user else []
        done = subprocess.run(
            [client, "-h", "127.0.0.1", "-p", str(port), *login, *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return (done.stdout + done.stderr).strip().split("\n")[0]

    try:
        deadline = time.monotonic() + 20
        while ask("health", "PING") != "PONG":
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield ask
    finally:
        process.kill()
        process.wait()


ADMIN = ["CONFIG SET dir /tmp", "ACL LIST", "CLIENT LIST", "KEYS *", "SHUTDOWN", "FLUSHALL", "MONITOR"]
DENIED = {
    "default": [*ADMIN, "FLUSHDB", "CONFIG GET dir", "MODULE LIST", "REPLICAOF no one", "DEBUG OBJECT a", "BGSAVE"],
    "exporter": [*ADMIN, "GET a", "SET a 1", "SCAN 0", "EVAL return(1) 0", "PUBLISH a b"],
    "health": [*ADMIN, "GET a", "INFO", "CONFIG GET dir", "SCAN 0"],
    "backup": [*ADMIN, "GET a", "SET a 1"],
}
LOG = ["SLOWLOG LEN", "SLOWLOG GET 1", "LATENCY LATEST", "LATENCY HISTOGRAM"]
DATA = ["SET a 1", "GET a", "EXPIRE a 60", "EVAL return(1) 0", "PUBLISH a b", "SCAN 0", "MULTI"]
ALLOWED = {
    "default": ["PING", "INFO server", "CLIENT SETNAME app", "HELLO 3", *DATA],
    "exporter": ["PING", "INFO ALL", "CONFIG GET *", "CLIENT SETNAME redis_exporter", *LOG],
    "health": ["PING"],
    "backup": ["PING", "INFO", "LASTSAVE", "CONFIG GET dir", "BGSAVE"],
}


def test_each_user_may_do_what_it_needs_and_no_more(server: Cli) -> None:
    for user, commands in ALLOWED.items():
        for command in commands:
            answer = server(user, *command.split())
            assert not answer.startswith(("NOPERM", "NOAUTH", "WRONGPASS", "ERR")), f"{user}: {command}: {answer}"
    for user, commands in DENIED.items():
        for command in commands:
            answer = server(user, *command.split())
            assert answer.startswith(("NOPERM", "ERR")), f"{user}: {command}: {answer}"


def test_nobody_may_do_anything(server: Cli) -> None:
    assert server("", "PING").startswith("NOAUTH")
    assert server("nobody", "PING") != "PONG"
