"""A component's own part of its Compose service, as text, so that its comments survive.

``service.yaml.jinja`` gives a YAML mapping without indentation. Its ``volumes`` are joined with those that follow
from ``component.yaml``; the rest goes into the service as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from midwatch.plan.model import Service

_KEY = re.compile(r"^[A-Za-z_][\w-]*:")
_MOUNTED = re.compile(r"^ *- ([A-Za-z0-9][\w.-]*):/", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The text of a service fragment without its volumes, and the text of the volumes' items."""

    rest: str
    volumes: str


def split(text: str) -> Fragment:
    """Take the ``volumes:`` block out of a fragment; both parts keep their lines as they are.

    Comment lines at the left edge belong to the key below them.
    """
    rest: list[str] = []
    volumes: list[str] = []
    pending: list[str] = []
    target = rest
    for line in text.splitlines():
        if line.startswith("#"):
            pending.append(line)
            continue
        if _KEY.match(line):
            target = volumes if line.startswith("volumes:") else rest
            if target is volumes:
                line = ""
        target += [*pending, line]
        pending = []
    target += pending
    return Fragment(_trimmed(rest), _trimmed(volumes))


def users(services: Iterable[Service], fragments: Mapping[str, Fragment]) -> dict[str, tuple[str, ...]]:
    """Who mounts each volume of the stack: its name -> names of services, its owner first."""
    owned = {volume.name: service.name for service in services for volume in service.volumes}
    mounted = {name: set(_MOUNTED.findall(one.volumes)) for name, one in fragments.items()}
    return {
        volume: (owner, *(name for name, those in mounted.items() if volume in those and name != owner))
        for volume, owner in owned.items()
    }


def _trimmed(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line.strip())
