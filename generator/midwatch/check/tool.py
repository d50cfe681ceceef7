"""A judge's program: from PATH, else from the pinned image of the stack, else the reason why there is none."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from midwatch.check import programs
from midwatch.check.programs import Outcome

PULL_TIMEOUT = 180.0
DOCKER_FAILED = (125, 126, 127)
"""Exit codes by which ``docker run`` says that it could not start the program: no verdict on the configuration."""
_lock = threading.Lock()
_serial = itertools.count()


class UnusableError(Exception):
    """The program is there but cannot be run; the judge that wanted it is skipped for this reason."""


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such program here, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A program to call. ``image`` is empty when it lies on this machine."""

    program: str
    version: str
    image: str = ""
    docker: str = ""

    @property
    def shown(self) -> str:
        """For people: the path, or the image."""
        return f"{self.program} in {self.image}" if self.image else self.program

    def run(
        self, root: Path, args: Sequence[str | Path], *, env: Mapping[str, str] | None = None, writable: bool = False
    ) -> Outcome:
        """Run to the end. ``root`` is the only folder of this machine that the program needs to see."""
        argv, name = self._argv(root, args, env or {}, writable)
        outcome = programs.run(argv, env=None if self.image else env)
        self._settle(name, outcome)
        return outcome

    def run_until(self, root: Path, args: Sequence[str | Path], ready: Callable[[str], bool]) -> Outcome:
        """Start a server, wait until its log is ``ready``, and stop it; it may write below ``root``."""
        argv, name = self._argv(root, args, {}, True)
        outcome = programs.run_until(argv, ready, env={})
        self._settle(name, outcome)
        return outcome

    def _argv(
        self, root: Path, args: Sequence[str | Path], env: Mapping[str, str], writable: bool
    ) -> tuple[list[str], str]:
        words = [str(arg) for arg in args]
        if not self.image:
            return [self.program, *words], ""
        name = f"midwatch-check-{os.getpid()}-{next(_serial)}"
        variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
        # --mount and not --volume: it refuses a folder that the engine does not see instead of making an empty one.
        mount = f"type=bind,source={root},target={root}" + ("" if writable else ",readonly")
        return [
            self.docker, "run", "--rm", "--name", name, "--network", "none", "--read-only", "--tmpfs", "/tmp",  # noqa: S108
            "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--user", f"{os.getuid()}:{os.getgid()}",
            "--mount", mount, *variables, "--entrypoint", self.program, self.image, *words,
        ], name  # fmt: skip

    def _settle(self, name: str, outcome: Outcome) -> None:
        # A client that was ended leaves its container running; one that ended by itself has removed it.
        if name and outcome.code is None:
            programs.run([self.docker, "rm", "--force", name], timeout=20)
        if name and outcome.code in DOCKER_FAILED:
            lines = outcome.text.splitlines() or [f"code {outcome.code}"]
            raise UnusableError(f"{self.program} of {self.image} cannot be run ({lines[-1]})")
        if outcome.code is None and "cannot be started" in outcome.err:
            raise UnusableError(f"{self.program} {outcome.err}")


def resolve(*names: str, image: str = "", entrypoint: str = "", identity: str = "", version_flag: str = "--version",
            family: str = "") -> Tool | Missing:  # fmt: skip
    """The program, by the first of its ``names`` on PATH, else ``entrypoint`` in ``image``.

    ``identity`` must occur in what the program says of its version: another program may have the same name.
    A program whose major version is not that of the image's tag is not used: it would judge by other rules.
    ``family`` must occur in the image's name: of a foreign image it is not known where the program lies.
    """
    reasons = [f"{names[0]} is not on PATH"]
    if path := programs.find(*names):
        version = programs.version((str(path), version_flag))
        if identity and identity.lower() not in programs.version_text((str(path), version_flag)).lower():
            reasons = [f"{path} is another program of that name"]
        elif not _same_major(version, image):
            reasons = [f"{path} is {version}, the stack runs {image}"]
        else:
            return Tool(str(path), version)
    if not image or not entrypoint or family not in image:
        return Missing(reasons[0])
    with _lock:  # one pull at a time: several judges want the same image
        docker, reason = _image(image, programs.search_path(), os.environ.get("DOCKER_HOST", ""))
    if reason:
        return Missing(f"{reasons[0]}; {reason}")
    version = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return Tool(entrypoint, version, image, docker)


def _same_major(version: str, image: str) -> bool:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2].lstrip("v")
    wanted = tag.split(".")[0]
    return not version or not wanted.isdigit() or version.split(".")[0] == wanted


@cache
def _image(image: str, path: str, host: str) -> tuple[str, str]:  # noqa: ARG001 (path is part of the key)
    """The docker program and, when the image cannot be used, why not."""
    docker = programs.find("docker")
    if docker is None:
        return "", "docker is not on PATH either"
    if host and not host.startswith("unix://"):
        return "", f"the engine at {host} does not see the files of this machine"
    engine = programs.run([docker, "version", "--format", "{{.Server.Version}}"], timeout=10)
    if engine.code != 0:
        return "", "no Docker engine answers"
    if programs.run([docker, "image", "inspect", image], timeout=20).code == 0:
        return str(docker), ""
    pulled = programs.run([docker, "pull", "--quiet", image], timeout=PULL_TIMEOUT)
    if pulled.code != 0:
        lines = pulled.err.strip().splitlines()
        return "", f"{image} cannot be pulled ({lines[-1] if lines else 'no answer'})"
    return str(docker), ""
