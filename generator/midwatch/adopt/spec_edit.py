"""``stack.yaml`` with other values, and every other byte of it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from midwatch.check.document import parse
from midwatch.check.kinds import Kind
from midwatch.errors import MidwatchError
from midwatch.merge.inline import RefusedError
from midwatch.render.project import SPEC_FILE
from midwatch.render.rewrite import rewrite


def edited(text: str, values: Mapping[tuple[str, ...], Any], fragments: Mapping[str, str]) -> str:
    """The text with these values set, and each fragment (key of ``extra`` -> path) named once.

    Raises MidwatchError where that cannot be written without touching something else.
    """
    data = parse(SPEC_FILE, text.encode()).data
    wanted: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
    for key, value in values.items():
        wanted = _with(wanted, key, value)
    for part, path in fragments.items():
        named = list((wanted.get("extra") or {}).get(part) or [])
        if path not in named:
            wanted = _with(wanted, ("extra", part), [*named, path])
    try:
        return rewrite(text, Kind.YAML, wanted)
    except RefusedError as error:
        raise MidwatchError(
            f"{SPEC_FILE} cannot be changed without touching something else: {error}",
            hint="make the change by hand: 'midwatch adopt --dry-run' lists the keys",
        ) from error


def _with(data: Mapping[str, Any], key: tuple[str, ...], value: Any) -> dict[str, Any]:
    inner = data.get(key[0])
    new = value if len(key) == 1 else _with(inner if isinstance(inner, dict) else {}, key[1:], value)
    return {**data, key[0]: new}
