"""Pins into the text of stack.yaml: tag and digest of each component, and not a letter else."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from midwatch.check.kinds import Kind
from midwatch.errors import TargetError
from midwatch.merge.edit import Side, edit, read
from midwatch.merge.inline import RefusedError


@dataclass(frozen=True, slots=True)
class Pin:
    """What a component runs, for good: the digest wins, the tag is for people."""

    tag: str
    digest: str


def pinned(text: str, pins: Mapping[str, Pin]) -> str:
    """The text of stack.yaml with these pins under ``images.overrides``.

    Raises TargetError, with the lines to write by hand, where that cannot be done without touching more.
    """
    if not pins:
        return text
    try:
        return _edited(text, pins)
    except RefusedError as why:
        lines = "".join(f"\n    {name}: {{tag: {pin.tag}, digest: {pin.digest}}}" for name, pin in pins.items())
        raise TargetError(
            f"stack.yaml cannot be changed by itself: {why}", hint=f"write into it:\nimages:\n  overrides:{lines}"
        ) from None


def _edited(text: str, pins: Mapping[str, Pin]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    data = yaml.load(text)
    images: dict[str, Any] = data.setdefault("images", {})
    overrides: dict[str, Any] = images.setdefault("overrides", {})
    for name, pin in pins.items():
        overrides.setdefault(name, {}).update({"tag": pin.tag, "digest": pin.digest})
    out = io.StringIO()
    yaml.dump(data, out)
    before, after = read(text, Kind.YAML), read(out.getvalue(), Kind.YAML)
    if before is None or after is None:
        raise RefusedError("it is not one plain document")
    ours = Side(text, before)
    return edit(text, Kind.YAML, after, ours, ours, Side(out.getvalue(), after))
