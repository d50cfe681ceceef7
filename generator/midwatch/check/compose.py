"""The compose model of a project: what Compose itself makes of the files, else our own reading of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midwatch.check import normalise, programs
from midwatch.check.document import Document

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
TOP_LEVEL = ("networks", "volumes", "secrets", "configs")


@dataclass(frozen=True, slots=True)
class Model:
    """Services and top-level parts in long form. ``source`` is ``compose`` or ``midwatch``: who resolved it."""

    services: Mapping[str, Mapping[str, Any]]
    parts: Mapping[str, Mapping[str, Mapping[str, Any]]]
    name: str
    source: str


def command() -> tuple[str, ...] | None:
    """How to call Compose v2 or newer here: ``docker compose``, else ``docker-compose``; None if there is neither."""
    if (docker := programs.find("docker")) and programs.version((str(docker), "compose", "version")):
        return (str(docker), "compose")
    if compose := programs.find("docker-compose"):
        major = programs.version((str(compose), "version")).split(".")[0]
        if major.isdigit() and int(major) >= 2:
            return (str(compose),)
    return None


def read(folder: Path, document: Document, *, use_program: bool = True) -> Model:
    """The effective model. Extension fields and unused parts, which Compose leaves out, come from the file itself."""
    raw = document.data if isinstance(document.data, dict) else {}
    own = _own(folder, raw)
    effective = _effective(folder, document.path) if use_program and raw else None
    if effective is None:
        return own
    services = {
        name: {**service, **_extensions(own.services.get(name, {}))}
        for name, service in (effective.get("services") or {}).items()
    }
    parts = {
        part: {
            **own.parts[part],
            **{key: {**(value or {}), **_extensions(own.parts[part].get(key, {}))}
               for key, value in (effective.get(part) or {}).items()},
        }
        for part in TOP_LEVEL
    }  # fmt: skip
    return Model(services, parts, str(effective.get("name", "")), "compose")


def _effective(folder: Path, file: str) -> dict[str, Any] | None:
    if not (argv := command()):
        return None
    # Without -f Compose adds an override file and .env by itself, exactly as `docker compose up` will.
    outcome = programs.run([*argv, "--profile", "*", "config", "--format", "json"], cwd=(folder / file).parent)
    if outcome.code != 0:
        return None
    try:
        model = json.loads(outcome.out)
    except ValueError:
        return None
    return model if isinstance(model, dict) else None


def _own(folder: Path, raw: Mapping[str, Any]) -> Model:
    env_file = folder / ".env"
    env = normalise.dotenv(env_file.read_text("utf-8", "replace")) if env_file.is_file() else {}
    data = normalise.interpolate(raw, {**env, **os.environ})
    services = data.get("services")
    return Model(
        {str(name): normalise.service(item) for name, item in services.items() if isinstance(item, dict)}
        if isinstance(services, dict) else {},
        {part: _part(data.get(part)) for part in TOP_LEVEL},
        str(data.get("name") or folder.resolve().name),
        "midwatch",
    )  # fmt: skip


def _part(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    return {str(name): item if isinstance(item, dict) else {} for name, item in value.items()}


def _extensions(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if str(key).startswith("x-")}
