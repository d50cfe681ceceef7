"""Reading our own YAML: blueprints and front matter, which ship with midwatch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch.errors import BlueprintError

if TYPE_CHECKING:
    from ruamel.yaml import YAML


@cache
def _reader(*, pure: bool) -> YAML:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=pure)


def parse_yaml(text: str, source: Path) -> dict[str, Any]:
    """The mapping in ``text``. Raises BlueprintError that names ``source`` when it is none."""
    from ruamel.yaml.error import YAMLError

    try:
        # The parser in C, where it is installed, is seven times as fast, but takes no ``[http://x]``: that is YAML 1.2.
        data = _reader(pure=False).load(text)
    except YAMLError:
        try:
            data = _reader(pure=True).load(text)
        except YAMLError as error:
            raise BlueprintError(f"{source}: {error}") from error
    if not isinstance(data, dict):
        raise BlueprintError(f"{source}: must be a mapping")
    return data


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file; see :func:`parse_yaml`."""
    return parse_yaml(path.read_text(encoding="utf-8"), path)
