"""How the place of a value in the tree of a spec is kept and written."""

from __future__ import annotations

import re

from midwatch.spec.shown import shown

Path = tuple[str | int, ...]
"""From the root to a value: keys and list indices, such as ``("apps", 0, "port")``."""


def format_path(path: Path) -> str:
    """``apps[0].port``; keys with other signs than letters, digits, ``_`` and ``-`` are quoted."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif re.fullmatch(r"[A-Za-z0-9_-]{1,80}", step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{shown(step)}]")
    return "".join(parts)


def parse_path(text: str) -> Path:
    """The reverse, for paths without quoted keys."""
    return tuple(
        int(index) if index else key for key, index in re.findall(r"([^.\[\]]+)(?![^\[]*\])|\[([0-9]+)\]", text)
    )
