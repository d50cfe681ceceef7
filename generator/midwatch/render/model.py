"""The tree: what is generated, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """Content of one generated file, and whether it may be executed."""

    data: bytes
    executable: bool = False


Tree = Mapping[str, File]
"""Path below the project folder (POSIX, relative) -> file."""
