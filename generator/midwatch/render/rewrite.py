"""A YAML text with another value: what means the same stays byte by byte, what is new is written as people write it."""

from __future__ import annotations

from typing import Any

from midwatch.check.kinds import Kind
from midwatch.merge.edit import Side, edit, read
from midwatch.merge.inline import RefusedError
from midwatch.render.tags import dump


def rewrite(text: str, kind: Kind, wanted: Any) -> str:
    """The text, changed to hold this plain value. Raises RefusedError where that is not certain to come out so."""
    fresh = dump(wanted)
    now, then = read(text, kind), read(fresh, kind)
    if now is None or then is None:
        raise RefusedError("the text cannot be read")
    side = Side(text, now)
    return edit(text, kind, then, side, side, Side(fresh, then))
