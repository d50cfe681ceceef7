"""What the lab asks of the engine, and how it removes what it made there."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.cache import run

ASK = (Path(__file__).parent / "fakes" / "ask.py").read_text(encoding="utf-8")
PROJECT = "com.docker.compose.project"


def inspect(*ids: str) -> list[dict[str, Any]]:
    """What the engine knows of these containers."""
    if not ids:
        return []
    found: list[dict[str, Any]] = json.loads(run(["docker", "inspect", *ids], what="inspecting containers", timeout=60))
    return found


def containers_of(project: str) -> dict[str, dict[str, Any]]:
    """Service -> container, as `docker inspect` shows it."""
    listed = run(["docker", "ps", "-aq", "--filter", f"label={PROJECT}={project}"], what="listing", timeout=60).split()
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in inspect(*listed)}


def ask(container: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask from inside a container that has Python; see fakes/ask.py for the requests and the answers."""
    command = ["docker", "exec", container, "python3", "-c", ASK, json.dumps(requests)]
    answers: list[dict[str, Any]] = json.loads(run(command, what=f"asking from {container}", timeout=120))
    return answers


def events(project: str, since: float, until: float, *kinds: str) -> list[dict[str, Any]]:
    """What happened to a project's containers between two Unix times: `kill`, `die`, `health_status` .."""
    filters = [f"label={PROJECT}={project}", "type=container", *(f"event={kind}" for kind in kinds)]
    command = ["docker", "events", "--since", f"{since:.3f}", "--until", f"{until:.3f}", "--format", "{{json .}}"]
    printed = run([*command, *(word for one in filters for word in ("--filter", one))], what="events", timeout=60)
    return [json.loads(line) for line in printed.splitlines()]


def taken_subnets() -> list[str]:
    """The address ranges of all networks that the engine has."""
    networks = run(["docker", "network", "ls", "-q"], what="listing networks", timeout=60).split()
    form = "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
    done = subprocess.run(
        ["docker", "network", "inspect", "--format", form, *networks], capture_output=True, text=True, timeout=60
    )
    return done.stdout.split()  # one that vanished meanwhile is an error of the program's, and none of ours


@contextmanager
def watched(project: str, *kinds: str) -> Iterator[list[dict[str, Any]]]:
    """The same, as it happens, for as long as the block runs: the engine remembers 256 events at most, and each health
    check makes some. The list is complete when the block has ended."""
    found: list[dict[str, Any]] = []
    filters = [f"label={PROJECT}={project}", "type=container", *(f"event={kind}" for kind in kinds)]
    command = ["docker", "events", "--format", "{{json .}}", *(word for one in filters for word in ("--filter", one))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    stream = process.stdout
    reader = threading.Thread(target=lambda: found.extend(map(json.loads, stream)))
    reader.start()
    time.sleep(0.5)  # until it is connected
    try:
        yield found
    finally:
        time.sleep(0.5)  # for what is on its way
        process.terminate()
        process.wait()
        reader.join()


def remove_projects(*projects: str) -> None:
    """Remove containers, then volumes and networks that have the label of one of these projects. Raises nothing: what
    cannot be removed now is tried again by the next run."""
    for project in projects:
        _remove(["docker", "ps", "-aq"], project, ["docker", "rm", "--force", "--volumes"])
    for project in projects:
        _remove(["docker", "volume", "ls", "-q"], project, ["docker", "volume", "rm", "--force"])
        _remove(["docker", "network", "ls", "-q"], project, ["docker", "network", "rm"])
        _untag(f"midwatch-kept/{project}-*")


def left_of(*projects: str) -> list[str]:
    """What these projects still have in the engine."""
    kinds = (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"])
    return [
        f"{kind[0]} {one}"
        for project in projects
        for kind in kinds
        for one in run(["docker", *kind, "--filter", f"label={PROJECT}={project}"], what="listing").split()
    ]


def _untag(pattern: str) -> None:
    """Names that `ops` gave to images."""
    listed = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={pattern}"]
    found = subprocess.run(listed, capture_output=True, text=True, timeout=120, check=False).stdout.split()
    if found:
        subprocess.run(["docker", "rmi", *found], capture_output=True, timeout=120, check=False)


def _remove(listing: Sequence[str], project: str, removing: Sequence[str]) -> None:
    named = [*listing, "--filter", f"label={PROJECT}={project}"]
    found = subprocess.run(named, capture_output=True, text=True, timeout=120, check=False).stdout.split()
    if found:
        subprocess.run([*removing, *found], capture_output=True, timeout=300, check=False)
