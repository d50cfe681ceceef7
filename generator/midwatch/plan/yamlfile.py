"""Reading our own YAML: blueprints and front matter, which ship with midwatch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from midwatch.errors import BlueprintError


def parse_yaml(text: str, source: Path) -> dict[str, Any]:
    """The mapping in ``text``. Raises BlueprintError that names ``source`` when it is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise BlueprintError(f"{source}: {error}") from error
    if not isinstance(data, dict):
        raise BlueprintError(f"{source}: must be a mapping")
    return data


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file; see :func:`parse_yaml`."""
    return parse_yaml(path.read_text(encoding="utf-8"), path)
