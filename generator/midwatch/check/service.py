"""A typed view of one service of the compose model. Missing or malformed values read as absent."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from midwatch.check.document import items, mapping
from midwatch.check.units import docker_size, go_duration


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount. ``project`` is the source relative to the project folder, None when it lies outside."""

    kind: str
    source: str
    target: str
    read_only: bool
    project: str | None
    size: int | None = None
    index: int = -1


@dataclass(frozen=True)
class Service:
    """One service; ``raw`` is its effective compose mapping, ``folder`` the project's."""

    name: str
    raw: Mapping[str, Any]
    folder: Path

    def get(self, *path: str) -> Any:
        """A value below the service, None when any step is missing."""
        value: Any = self.raw
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    @property
    def image(self) -> str:
        return str(self.raw.get("image") or "")

    @property
    def repository(self) -> str:
        """The image without tag and digest."""
        name = self.image.partition("@")[0]
        head, _, tail = name.rpartition("/")
        return f"{head}/{tail.partition(':')[0]}".lstrip("/")

    @property
    def tag(self) -> str:
        return self.image.partition("@")[0].rpartition("/")[2].partition(":")[2]

    def resource(self, side: Literal["limits", "reservations"], what: str) -> Any:
        """A limit or reservation, from ``deploy.resources`` or the older top-level keys."""
        older = {
            ("limits", "memory"): "mem_limit", ("limits", "cpus"): "cpus", ("limits", "pids"): "pids_limit",
            ("reservations", "memory"): "mem_reservation",
        }  # fmt: skip
        value = self.get("deploy", "resources", side, what)
        return self.raw.get(older.get((side, what), "")) if value is None else value

    @property
    def memory_limit(self) -> int | None:
        """Bytes; None when there is no limit (0 means none to Docker)."""
        return docker_size(self.resource("limits", "memory")) or None

    @property
    def cpu_limit(self) -> float | None:
        return number(self.resource("limits", "cpus")) or None

    @property
    def memory_reservation(self) -> int | None:
        return docker_size(self.resource("reservations", "memory")) or None

    @property
    def cpu_reservation(self) -> float | None:
        return number(self.resource("reservations", "cpus")) or None

    @property
    def grace(self) -> float | None:
        """Seconds between the stop signal and the kill, if the file says."""
        value = self.raw.get("stop_grace_period")
        return None if value is None else go_duration(value)

    @property
    def words(self) -> list[str]:
        """Entrypoint and command, as one list."""
        return [str(word) for key in ("entrypoint", "command") for word in items(self.raw.get(key))]

    def flag(self, name: str) -> str | None:
        """Value of a command-line flag, ``--name=value`` or ``--name value``, with one dash or two."""
        words = self.words
        for index, word in enumerate(words):
            key, equals, value = word.lstrip("-").partition("=")
            if word.startswith("-") and key == name:
                return value if equals else (words[index + 1] if index + 1 < len(words) else "")
        return None

    @property
    def environment(self) -> Mapping[str, Any]:
        return mapping(self.raw.get("environment"))

    @property
    def networks(self) -> tuple[str, ...]:
        return tuple(mapping(self.raw.get("networks")))

    @property
    def aliases(self) -> frozenset[str]:
        """Every name that other containers can reach it by."""
        own = {self.name, str(self.raw.get("container_name") or self.name), str(self.raw.get("hostname") or self.name)}
        for network in self.networks:
            own.update(str(alias) for alias in items(self.get("networks", network, "aliases")))
        return frozenset(own)

    @property
    def secrets(self) -> Mapping[str, str]:
        """Name of each secret -> path in the container."""
        grants = [item for item in items(self.raw.get("secrets")) if isinstance(item, dict)]
        return {
            str(item.get("source")): posixpath.join("/run/secrets", str(item.get("target") or item.get("source")))
            for item in grants
        }

    @property
    def extension(self) -> Mapping[str, Any]:
        """Our own extension field, ``x-midwatch``."""
        return mapping(self.raw.get("x-midwatch"))

    @property
    def exceptions(self) -> Mapping[str, str]:
        """Hardening key -> why this service cannot follow it."""
        return {str(key): str(why) for key, why in mapping(self.extension.get("exceptions")).items() if why}

    @property
    def one_shot(self) -> bool:
        """Runs once and ends: says so itself, and is not restarted."""
        return self.extension.get("one_shot") is True and str(self.raw.get("restart")) in {"no", "False"}

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """Volumes, bind mounts and tmpfs, in the order of the file."""
        long = [item for item in items(self.raw.get("volumes")) if isinstance(item, dict)]
        tmpfs = [text for text in items(self.raw.get("tmpfs")) if isinstance(text, str)]
        return tuple(self._mount(item, index) for index, item in enumerate(long)) + tuple(map(_tmpfs, tmpfs))

    def _mount(self, item: Mapping[str, Any], index: int) -> Mount:
        kind, source = str(item.get("type", "volume")), str(item.get("source") or "")
        size = docker_size(mapping(item.get("tmpfs")).get("size"))
        project = relative(self.folder, source) if kind == "bind" else None
        return Mount(kind, source, str(item.get("target") or ""), item.get("read_only") is True, project, size, index)


def relative(folder: Path, source: str) -> str | None:
    """``source`` as a path below the project folder (POSIX), None when it lies outside."""
    try:
        return (folder / source).resolve().relative_to(folder.resolve()).as_posix()
    except (ValueError, OSError):
        return None


def number(value: object) -> float | None:
    """A number that may be written as a string."""
    try:
        return float(str(value))
    except ValueError:
        return None


def _tmpfs(text: str) -> Mount:
    target, _, options = text.partition(":")
    pairs = dict(option.partition("=")[::2] for option in options.split(","))
    return Mount("tmpfs", "", target, "ro" in pairs, None, docker_size(pairs["size"]) if "size" in pairs else None)


def is_socket(source: str) -> bool:
    """Whether a mount's source is a container engine's socket, or a folder that holds one."""
    path = source.rstrip("/")
    return path.endswith(".sock") or path in {"/run", "/var/run", "/run/containerd", "/var"}
