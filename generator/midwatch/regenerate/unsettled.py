"""``.midwatch/conflicts.yaml``: the conflicts that nobody has settled yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch import hiding
from midwatch.errors import TargetError
from midwatch.merge.path import Item, Step, show
from midwatch.regenerate.files import content
from midwatch.regenerate.paths import CONFLICTS, problem_with
from midwatch.render.model import File

if TYPE_CHECKING:
    from midwatch.merge.files import FileConflict

FORMAT = 1
_SIDES = ("base", "ours", "theirs")


@dataclass(frozen=True, slots=True)
class Pending:
    """One conflict. ``values`` holds ``base``, ``ours`` and ``theirs`` as far as there is one; ours is in the file."""

    file: str
    path: tuple[Step, ...]
    line: int
    values: Mapping[str, Any]
    why: str = ""
    number: int = 0
    """By which a person names it; it stays while there are conflicts. 0 where it is in no list yet."""
    column: int = 0

    @property
    def key(self) -> str:
        """The key path as it is shown, empty where the file has no keys."""
        return hiding.form(show(self.path))

    @property
    def what(self) -> str:
        """The same for a sentence: what both sides disagree about."""
        return self.key or ("these lines" if self.values else "the whole file")

    @property
    def where(self) -> str:
        """``file:line:column``, as far as it is known."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])

    @property
    def name(self) -> tuple[str, tuple[Step, ...], Any]:
        """What tells it apart: the place; in a file that is merged by line, the text that stands there."""
        return (self.file, self.path, None if self.path else self.values.get("ours"))

    def shown(self, side: str) -> Any:
        """The value of one side as it may be shown."""
        return self.hidden(self.values[side])

    def hidden(self, value: Any) -> Any:
        """Any value for this place as it may be shown."""
        step = self.path[-1] if self.path else ""
        return hiding.value(value, step.key if isinstance(step, Item) else step)


def pending_of(file: str, conflict: FileConflict) -> Pending:
    """A conflict of a merge as it is kept."""
    from midwatch.merge.files import ABSENT

    values = {side: getattr(conflict, side) for side in _SIDES}
    kept = {side: value for side, value in values.items() if value is not ABSENT}
    return Pending(file, conflict.path, conflict.line, kept, conflict.why, column=conflict.column)


def together(old: Iterable[Pending], new: Iterable[Pending]) -> tuple[Pending, ...]:
    """What is unsettled after another merge: a new conflict takes the place of the old one there, with its base and
    number."""
    found = {one.name: one for one in old}
    for one in new:
        before = found.get(one.name)
        base = before.values if before and "base" in before.values and not one.why else one.values
        values = {**one.values, "base": base["base"]} if "base" in base else one.values
        found[one.name] = replace(one, values=values, number=before.number if before else 0)
    return _numbered(sorted(found.values(), key=lambda one: (one.file, one.line, one.key)))


def _numbered(conflicts: Iterable[Pending]) -> tuple[Pending, ...]:
    """The same, those without a number with the next ones."""
    listed = tuple(conflicts)
    free = count(max((one.number for one in listed), default=0) + 1)
    return tuple(one if one.number else replace(one, number=next(free)) for one in listed)


def dump(conflicts: Iterable[Pending]) -> bytes:
    """The file, empty for no conflict (then it is removed)."""
    from ruamel.yaml import YAML

    listed = [_raw(one) for one in conflicts]
    if not listed:
        return b""
    writer = YAML()
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    out.write(
        "# What a hand edit and 'midwatch generate' both changed, to different things. The files hold what 'ours'\n"
        "# says. Settle each with 'midwatch resolve'; it removes it here.\n"
    )
    writer.dump({"format": FORMAT, "conflicts": listed}, out)
    return out.getvalue().encode()


def without(folder: Path, settled: Iterable[Pending]) -> tuple[Mapping[str, File], tuple[str, ...]]:
    """What takes these off the list: the file to write, or to remove where none is left. Raises TargetError."""
    names = {one.name for one in settled}
    listed = read(folder)
    rest = [one for one in listed if one.name not in names]
    if len(rest) == len(listed):
        return {}, ()
    return ({CONFLICTS: File(dump(rest))}, ()) if rest else ({}, (CONFLICTS,))


def document(one: Pending) -> dict[str, Any]:
    """A conflict for a program; its secrets are hidden."""
    values = {side: one.shown(side) for side in _SIDES if side in one.values}
    return {**_place(one), **values, "why": one.why or "both sides changed it"}


def _place(one: Pending) -> dict[str, Any]:
    return {"number": one.number, "file": one.file, "line": one.line, "column": one.column, "key": one.key}


def _raw(one: Pending) -> dict[str, Any]:
    """A conflict as it is kept, with its values as they are: the file beside it holds them too."""
    values = {side: one.values[side] for side in _SIDES if side in one.values}
    path = [{"by": step.by, "key": step.key} if isinstance(step, Item) else step for step in one.path]
    return {**_place(one), **values, "path": path, "why": one.why}


def read(folder: Path) -> tuple[Pending, ...]:
    """The unsettled conflicts of a project. Raises TargetError for a file that cannot be used."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe", pure=True).load(content(folder / CONFLICTS).decode())
        if data["format"] != FORMAT:
            raise ValueError(f"it has format {data['format']}, and this midwatch reads format {FORMAT}")
        return _numbered(_pending(raw) for raw in data["conflicts"])
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, YAMLError) as error:
        told = error if isinstance(error, ValueError) else "it is no list of conflicts"
        reason = error.strerror if isinstance(error, OSError) else told
        raise TargetError(f"{CONFLICTS} cannot be used: {reason}", hint="restore it from git, or remove it") from error


def _pending(raw: Mapping[str, Any]) -> Pending:
    if problem_with(raw["file"]):
        raise ValueError(f"its path {raw['file']!r} is not valid")
    path = tuple(Item(step["by"], step["key"]) if isinstance(step, dict) else step for step in raw["path"])
    values = {side: raw[side] for side in _SIDES if side in raw}
    number, column = (int(raw.get(key, 0)) for key in ("number", "column"))  # Older lists have neither.
    return Pending(raw["file"], path, int(raw["line"]), values, str(raw["why"]), number, column)
