"""Where a value is, in a way that survives reordering: keys of mappings, and what identifies the items of lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LONGEST = 60
"""Characters of a key that are shown; what identifies an item may be a whole expression."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step into a list: ``by`` names what identifies an item (``target``, ``job_name``, ``item``, ``index``)."""

    by: str
    key: str

    def __str__(self) -> str:
        short = self.key if len(self.key) <= LONGEST else f"{self.key[: LONGEST - 1]}…"
        return f"[{short}]" if self.by == "index" else f"[{self.by}={short}]"


Step = str | int | float | bool | None | Item
Path = tuple[Step, ...]
At = tuple[Any, ...]
"""Keys and indexes in one document: where a node stands there."""


def show(path: Iterable[Step]) -> str:
    """``services.redis.ports[target=6379/tcp].published``; empty for the file itself."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            text += str(step)
        else:
            text += f"{'.' if text else ''}{step}"
    return text
