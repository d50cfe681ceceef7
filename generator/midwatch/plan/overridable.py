"""What a spec may change of each alert, read from the front matter before there is a plan to render it for.

So a mistake in an override is told together with all others.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from midwatch.spec.finding import Overridable

_KEY = r"^{}:\s*(.+?)\s*(?:\s#.*)?$"
_PAIR = re.compile(r"\[\s*([\d.]+)\s*,\s*([\d.]+)\s*\]")


@cache
def overridable(folder: Path) -> dict[str, Overridable]:
    """Alert name -> what may be changed, for all components of a blueprint folder."""
    return {
        path.stem: _read(path.read_text(encoding="utf-8").split("\n---\n")[0])
        for path in sorted(folder.glob("[!_]*/alerts/*.md"))
        if "." not in path.stem
    }


def _read(front: str) -> Overridable:
    pair = _PAIR.fullmatch(_value(front, "range"))
    bounds = (float(pair.group(1)), float(pair.group(2))) if pair else None
    return Overridable(_value(front, "unit"), bounds, required=_value(front, "required") == "true")


def _value(front: str, key: str) -> str:
    found = re.search(_KEY.format(key), front, re.MULTILINE)
    return found.group(1) if found else ""
