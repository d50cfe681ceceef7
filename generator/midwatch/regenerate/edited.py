"""A hand edit that is in no conflict, by its name: so that one edit alone can be taken back. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from midwatch.regenerate import lock as locks
from midwatch.regenerate.paths import BASE, check_parents
from midwatch.regenerate.stored import file
from midwatch.regenerate.unsettled import Pending


def edited(folder: Path, name: str) -> tuple[Pending, ...]:
    """The edits that are meant by a file, ``file:key``, or the ``file:line:column`` that ``diff`` tells; none where
    nothing was edited there. Raises TargetError."""
    lock = locks.read(folder)
    for path in lock.files if lock else ():
        if name == path or name.startswith(f"{path}:"):
            check_parents(folder, path)
            check_parents(folder, f"{BASE}/{path}")
            base, ours = file(folder / BASE / path), file(folder / path)
            if base is None or (ours and ours.data == base.data and not (folder / path).is_symlink()):
                return ()
            if name == path:
                return (Pending(path, (), 0, {}, "it was edited by hand" if ours else "it was removed by hand"),)
            return tuple(_values(path, name, base.data, ours.data)) if ours else ()
    return ()


def _values(path: str, name: str, base: bytes, ours: bytes) -> Iterator[Pending]:
    from midwatch.check import kinds
    from midwatch.check.document import parse
    from midwatch.merge.build import build
    from midwatch.merge.model import place, plain
    from midwatch.merge.path import show
    from midwatch.merge.three import differences

    if not path.endswith(kinds.YAML_SUFFIXES):
        return
    documents = [parse(path, side) for side in (base, ours)]
    if any(document.problems or document.data is None for document in documents):
        return
    kind = kinds.of_data(documents[0].data)
    was, mine = (build(kind, document.data) for document in documents)
    found = [difference.path for difference in differences(was, mine)]
    for where in dict.fromkeys(one[:length] for one in found for length in range(1, len(one) + 1)):
        at = documents[1].at(*place(mine, where)[1])
        names = [f"{path}:{show(where)}"]
        if where in found:
            names += [f"{path}:{at.line}", f"{path}:{at.line}:{at.column}"]
        if name in names:
            sides = (("base", was), ("ours", mine), ("theirs", was))
            values = {side: plain(node) for side, tree in sides if (node := place(tree, where)[0]) is not None}
            yield Pending(path, where, at.line, values, column=at.column)
