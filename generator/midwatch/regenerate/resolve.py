"""Settling conflicts: the person's value, the generated one, or another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from midwatch.errors import MidwatchError, TargetError
from midwatch.merge import settle
from midwatch.merge.inline import RefusedError
from midwatch.regenerate import unsettled
from midwatch.regenerate.edited import edited
from midwatch.regenerate.paths import BASE, check_parents
from midwatch.regenerate.unsettled import Pending
from midwatch.regenerate.write import put
from midwatch.render.model import File

OURS, THEIRS = object(), object()
"""Keep what is in the file; take what is generated now."""


def resolve(folder: Path, chosen: Sequence[Pending], answer: Any) -> None:
    """Settle conflicts, all or nothing. ``answer`` is OURS, THEIRS, or a value (a text where lines are merged).

    Raises TargetError where the file is not as it was any more.
    """
    contents: dict[str, bytes] = {}
    if answer is not OURS:
        for one in chosen:
            check_parents(folder, one.file)
            whole = not one.path and not one.values
            ours = b"" if whole else contents[one.file] if one.file in contents else _read(folder / one.file, one)
            contents[one.file] = _settled(folder, one, ours, answer)
    puts = {path: File(data, _executable(folder, path)) for path, data in contents.items()}
    left, gone = unsettled.without(folder, chosen)
    put(folder, {**puts, **left}, gone)


def _read(path: Path, one: Pending) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TargetError(f"{one.file} cannot be read: {error.strerror}", hint="restore it, or take 'ours'") from error


def _executable(folder: Path, path: str) -> bool:
    """As the file is; where there is none, or a link in its place, as it was generated."""
    here = folder / path
    place = here if here.is_file() and not here.is_symlink() else folder / BASE / path
    return bool(place.stat().st_mode & 0o100)


def _settled(folder: Path, one: Pending, ours: bytes, answer: Any) -> bytes:
    base = _read(folder / BASE / one.file, one)
    try:
        if one.path:
            if answer is THEIRS:
                return settle.take_theirs(base, ours, one.path)
            return settle.set_value(base, ours, one.path, answer)
        if not one.values:  # The whole file.
            return base if answer is THEIRS else str(answer).encode()
        new = one.values.get("theirs", "") if answer is THEIRS else answer
        return settle.replace_lines(ours, one.values.get("ours", ""), str(new), one.line)
    except RefusedError as error:
        raise TargetError(
            f"{one.where}: {one.what} cannot be changed by midwatch: {error}",
            hint="edit the file yourself, then settle the conflict with --ours",
        ) from error


def select(conflicts: Sequence[Pending], names: Sequence[str], folder: Path | None = None) -> list[Pending]:
    """The conflicts that are meant by number, file, ``file:line`` or ``file:key``; in a ``folder`` also hand edits that
    are in no conflict. Raises MidwatchError for a name that fits none."""
    chosen: dict[tuple[Any, ...], Pending] = {}
    for name in (name.removeprefix("./") for name in names):
        found = [one for one in conflicts if name in _names(one)] or (list(edited(folder, name)) if folder else [])
        if not found:
            raise MidwatchError(
                f"there is no conflict '{name}'" + (", and no hand edit of that name" if folder else ""),
                hint="name a number of 'midwatch resolve', a file, or file:key"
                + (", or the place that 'midwatch diff' tells" if folder else "; --theirs also takes a hand edit back"),
            )
        chosen |= {one.name: one for one in found}
    return sorted(chosen.values(), key=lambda one: (one.number, one.file, one.line))


def _names(one: Pending) -> tuple[str, ...]:
    return str(one.number), one.file, f"{one.file}:{one.key}", f"{one.file}:{one.line}", one.where
