"""Which of the listed conflicts still stand, by what is in the files and what is generated now. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from midwatch.regenerate import unsettled
from midwatch.regenerate.paths import BASE
from midwatch.regenerate.stored import file
from midwatch.regenerate.unsettled import Pending

Contents = Callable[[str], bytes | None]
"""Path in the project -> the file's bytes; None where there is none."""


def current(folder: Path) -> tuple[Pending, ...]:
    """The conflicts that still stand, with the values of now. Raises TargetError for a list that cannot be used."""

    def below(top: Path) -> Contents:
        return lambda path: found.data if (found := file(top / path)) else None

    return standing(unsettled.read(folder), below(folder), below(folder / BASE))


def standing(conflicts: Iterable[Pending], ours: Contents, theirs: Contents) -> tuple[Pending, ...]:
    """The conflicts with the values that the files have now; without those that are none any more: the file says what
    is generated, or what is generated is again what the person had changed."""
    return tuple(_standing(tuple(conflicts), cache(ours), cache(theirs)))


def _standing(conflicts: tuple[Pending, ...], ours: Contents, theirs: Contents) -> Iterator[Pending]:
    for one in conflicts:
        mine, other = ours(one.file), theirs(one.file)
        if mine is None or other is None:
            yield one
        elif one.path:
            yield from _value(one, mine, other)
        elif mine != other and not _agree(one, mine, other):
            yield one


def _value(one: Pending, mine: bytes, other: bytes) -> Iterator[Pending]:
    from midwatch.check import kinds
    from midwatch.check.document import parse
    from midwatch.merge.build import build
    from midwatch.merge.model import place, plain, same

    documents = [parse(one.file, side) for side in (mine, other)]
    if any(document.problems or document.data is None for document in documents):
        yield one
        return
    kind = kinds.of_data(documents[1].data)
    (here, at), (there, _) = (place(build(kind, document.data), one.path) for document in documents)
    values = {side: plain(node) for side, node in (("ours", here), ("theirs", there)) if node is not None}
    back = not one.why and ("base" in one.values, one.values.get("base")) == ("theirs" in values, values.get("theirs"))
    if same(here, there) or back:
        return
    base = {"base": one.values["base"]} if "base" in one.values else {}
    where = documents[0].at(*at)
    yield replace(one, values={**base, **values}, line=where.line, column=where.column)


def _agree(one: Pending, mine: bytes, other: bytes) -> bool:
    """Whether the lines of one side are now in both files, and those of the other side in none."""
    kept, new = (str(one.values.get(side) or "") for side in ("ours", "theirs"))
    if not kept or not new:
        return False
    files = [f"\n{side.decode('utf-8', 'replace')}\n" for side in (mine, other)]
    has = [[f"\n{lines}\n" in text for text in files] for lines in (kept, new)]
    return has in ([[True, True], [False, False]], [[False, False], [True, True]])
