"""What a section of the page is, and where it keeps what it measured."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.lab.engine import Engine
from tests.lab.images import Image

DATA = ROOT / "docs" / "proof"
Data = dict[str, Any]
"""What a section measured, as JSON can hold it."""
Images = dict[str, Image]
"""Service -> the image that it ran."""


@dataclass(frozen=True)
class Section:
    """One promise of the page."""

    name: str
    order: int
    title: str
    record: Callable[[Engine], tuple[Data, Images]]
    """Measure it on a stack of its own. Raises what pytest.fail raises where nothing came that could be measured."""
    show: Callable[[Data], list[str]]
    """The section's lines in Markdown, without its heading."""
    problems: Callable[[Data], list[str]]
    """Where the goal was missed, in words; none when it was met."""
    record_missing: Callable[[Engine, Data], tuple[Data, Images]] | None = None
    """Measure only the services that were not there before; the data of both."""

    @property
    def file(self) -> Path:
        return DATA / f"{self.name}.json"

    def recorded(self) -> Data | None:
        """What was measured last: ``{"settings": [..], "data": ..}``; None when it never was."""
        if not self.file.is_file():
            return None
        found: Data = json.loads(self.file.read_text(encoding="utf-8"))
        return found


@cache
def sections() -> tuple[Section, ...]:
    """All of them, in the order of the page."""
    package = import_module("tests.lab.proof")
    modules = [import_module(f"{package.__name__}.{info.name}") for info in pkgutil.iter_modules(package.__path__)
               if info.name != "__main__"]  # fmt: skip
    return tuple(sorted((one.SECTION for one in modules if hasattr(one, "SECTION")), key=lambda one: one.order))


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows]]
