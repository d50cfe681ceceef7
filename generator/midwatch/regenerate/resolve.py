"""Settling conflicts: the person's value, the generated one, or another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from midwatch.errors import MidwatchError, TargetError
from midwatch.merge import settle
from midwatch.merge.inline import RefusedError
from midwatch.regenerate import unsettled
from midwatch.regenerate.paths import BASE, CONFLICTS, check_parents
from midwatch.regenerate.unsettled import Pending
from midwatch.regenerate.write import put
from midwatch.render.model import File

OURS, THEIRS = object(), object()
"""Keep what is in the file; take what is generated now."""


def resolve(folder: Path, chosen: Sequence[Pending], answer: Any) -> None:
    """Settle conflicts, all or nothing. ``answer`` is OURS, THEIRS, or a value (a text where lines are merged).

    Raises TargetError where the file is not as it was any more.
    """
    rest = [one for one in unsettled.read(folder) if one.name not in {one.name for one in chosen}]
    contents: dict[str, bytes] = {}
    if answer is not OURS:
        for one in chosen:
            check_parents(folder, one.file)
            ours = contents[one.file] if one.file in contents else _read(folder / one.file, one)
            contents[one.file] = _settled(folder, one, ours, answer)
    puts = {path: File(data, _executable(folder, path)) for path, data in contents.items()}
    left = unsettled.dump(rest)
    put(folder, {**puts, CONFLICTS: File(left)} if left else puts, () if left else (CONFLICTS,))


def _read(path: Path, one: Pending) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TargetError(f"{one.file} cannot be read: {error.strerror}", hint="restore it, or take 'ours'") from error


def _executable(folder: Path, path: str) -> bool:
    """As the file is; where a link takes its place, as it was generated."""
    place = folder / BASE / path if (folder / path).is_symlink() else folder / path
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


def select(conflicts: Sequence[Pending], names: Sequence[str]) -> list[Pending]:
    """The conflicts that are meant by number, file, or ``file:key``. Raises MidwatchError for a name that fits none."""
    chosen: dict[int, Pending] = {}
    for name in names:
        found = {
            number: one
            for number, one in enumerate(conflicts, 1)
            if name in (str(number), one.file, f"{one.file}:{one.key}", one.where)
        }
        if not found:
            raise MidwatchError(
                f"there is no conflict '{name}'",
                hint="name a number of 'midwatch resolve', a file, or file:key",
            )
        chosen |= found
    return [chosen[number] for number in sorted(chosen)]
