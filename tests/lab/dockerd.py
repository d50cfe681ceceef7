"""The lab's own dockerd: installed if it is missing, with data of its own, known by its process."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.lab.cache import LabError, cache, run, timed

SOCKET = "unix:///var/run/docker.sock"
WAIT_SECONDS = 60.0


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


def start_own() -> dict[str, str]:
    if platform.system() != "Linux":
        raise LabError("no Docker engine answers: start Docker Desktop (or set DOCKER_HOST) and try again")
    if os.geteuid() != 0:
        raise LabError("no Docker engine answers, and only root may start one: start Docker, or run the lab as root")
    if os.environ.get("DOCKER_HOST", SOCKET) != SOCKET:
        raise LabError(f"no Docker engine answers at DOCKER_HOST={os.environ['DOCKER_HOST']}: correct it or unset it")
    _install()
    _share_root()
    info = answer()  # Debian's package starts the service by itself where there is an init system
    if info is not None:
        return info
    for driver in ("overlay2", "vfs"):
        with timed(f"starting dockerd with {driver}"):
            info = _launch(driver)
        if info is not None:
            return info
    log = (home() / "dockerd.log").read_text(errors="replace").strip().splitlines()
    raise LabError("dockerd does not start:\n" + "\n".join(f"    {line}" for line in log[-8:]))


def _which(program: str) -> str | None:
    """Root's PATH does not always name the folders that root's programs are in."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin")


def _install() -> None:
    """Debian's engine, and what it calls."""
    wanted = [("dockerd", "docker.io"), ("docker", "docker-cli"), ("iptables", "iptables")]
    if all(_which(program) for program, _ in wanted):
        return
    if not shutil.which("apt-get"):
        raise LabError("no Docker engine answers, and the lab can install one on Debian only: install Docker")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    with timed("installing docker.io"):
        run(["apt-get", "update", "-qq"], what="reading Debian's list of packages", timeout=600)
        for program, package in wanted:
            if not _which(program):
                command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
                run(command, what=f"installing {package}", env=environment, timeout=1200)


def _share_root() -> None:
    """node-exporter mounts / with rslave, as its own README says, and the engine refuses that where / is private: as it
    is in a container or a machine without an init system (systemd shares it). Nothing else is changed by it."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    if any(fields[4] == "/" and not any(word.startswith("shared:") for word in fields[6:]) for fields in mounts):
        run(["mount", "--make-rshared", "/"], what="sharing the mount of /", timeout=20)


def _launch(driver: str) -> dict[str, str] | None:
    """Start dockerd with data of its own, so that it never meets another engine's, and wait until it answers."""
    folder = home()
    command = [
        _which("dockerd") or "dockerd",
        "--host",
        SOCKET,
        "--data-root",
        str(folder / "data"),
        "--storage-driver",
        driver,
    ]
    command += ["--pidfile", str(folder / "dockerd.pid")]
    with (folder / "dockerd.log").open("ab") as log:
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


def ours() -> int | None:
    """The process of the engine that the lab started, if it still runs."""
    try:
        pid = int((home() / "dockerd.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if str(home() / "data").encode() in command else None


def shut_down(pid: int) -> None:
    """End the lab's engine, and wait until it has ended."""
    os.kill(pid, signal.SIGTERM)
    for _ in range(300):
        if ours() is None:
            return
        time.sleep(0.1)
    raise LabError(f"the lab's dockerd (process {pid}) does not end; see {home() / 'dockerd.log'}")


def home() -> Path:
    """The engine's folder: its data, its log and the number of its process."""
    folder = cache() / "engine"
    folder.mkdir(exist_ok=True)
    return folder
