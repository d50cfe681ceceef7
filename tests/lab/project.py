"""A project of the lab's own, made by the real commands from one of the examples, so that it can run beside others."""

from __future__ import annotations

import fcntl
import json
import os
import random
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.conftest import EXAMPLES, ROOT
from tests.lab.cache import LabError, cache, lock, remove_tree, say
from tests.lab.docker import remove_projects

PREFIX = "midwatch-lab-"
PORTS = ("prometheus", "alertmanager", "loki", "runbooks", "otlp_grpc", "otlp_http")
WEBHOOK = "http://slack.lab:8080/services/T000/B000/lab"
"""Where the lab's Slack is on the stack's network `egress`."""


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder whose name is that of the project, removed with all that the engine has of it when the block ends.

    A run that was killed cannot do that, so it is done for it here: its lock is free.
    """
    home = cache() / "stacks"
    home.mkdir(exist_ok=True)
    folder = home / f"{PREFIX}{secrets.token_hex(3)}"
    with ExitStack() as ours:
        with lock("stacks"):
            for left in home.glob(f"{PREFIX}*"):
                with _locked(left) as free:
                    if free:
                        say(f"removing what an earlier run left: {left.name}")
                        _forget(left)
            folder.mkdir()
            ours.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            _forget(folder)


def fakes_of(project: str) -> str:
    """The name of the Compose project that has the app and the Slack of the lab."""
    return f"{project}-fakes"


def write_spec(folder: Path, example: str, changes: dict[str, Any] | None = None) -> None:
    """`stack.yaml`: the example with a name, free ports and app networks of its own."""
    yaml = YAML()
    spec = yaml.load((EXAMPLES / example / "stack.yaml").read_text(encoding="utf-8"))
    # In a volume of the stack, unless a test says otherwise: no backup leaves this machine.
    spec.get("backup", {}).pop("destination", None)
    spec |= {"name": folder.name, "ports": dict(zip(PORTS, free_ports(len(PORTS)), strict=True))} | (changes or {})
    for app in spec.get("apps", []):
        app["network"] = f"{folder.name}-{app['name']}"
    with (folder / "stack.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(spec, file)


def make_secrets(folder: Path) -> None:
    """All secrets by the real command; then the webhook leads to the lab's Slack (http, which the command refuses)."""
    midwatch(folder, "secrets", "--stdin", "slack_webhook_url", text="http://127.0.0.1:9/lab\n")
    webhook = folder / "secrets" / "slack_webhook_url"
    webhook.chmod(0o644)
    webhook.write_text(WEBHOOK + "\n")
    webhook.chmod(0o444)


def midwatch(folder: Path, *words: str, text: str = "", timeout: float = 300) -> str:
    """Run a command of midwatch as a person would. Raises LabError with what it said when it fails."""
    path = os.pathsep.join(filter(None, (str(ROOT / "generator"), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "midwatch", "-C", str(folder), *words]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=timeout, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode:
        raise LabError(f"midwatch {' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody uses, below those that the kernel gives to outgoing connections."""
    found: list[int] = []
    for port in random.sample(range(20000, 30000), 500):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise LabError("hardly a free port on this machine between 20000 and 30000")


def write_json(path: Path, content: Any) -> None:
    """YAML is a superset of JSON; Compose reads both."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _forget(folder: Path) -> None:
    remove_projects(folder.name, fakes_of(folder.name))
    remove_tree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, if it is free; the kernel frees that of a process that dies."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # whose it was has removed it a moment ago
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
