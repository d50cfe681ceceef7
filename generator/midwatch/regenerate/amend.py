"""Changes the person's own files, ``stack.yaml`` and its fragments, at the person's word: all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.regenerate import unsettled
from midwatch.regenerate.paths import REPLACED, SPEC, check_folder, check_parents
from midwatch.regenerate.unsettled import Pending
from midwatch.regenerate.work import free
from midwatch.regenerate.write import put
from midwatch.render.model import File


def amend(folder: Path, files: Mapping[str, bytes], settled: Collection[Pending] = ()) -> tuple[str, ...]:
    """Put these files in place and take these conflicts off the list, in a way that can be undone; what they replace
    is also copied to ``.midwatch/replaced``. Returns the copies' paths.

    The spec comes last: what it names is there before it. Raises TargetError; then the files are as they were.
    """
    check_folder(folder)
    puts: dict[str, File] = {}
    copies: list[str] = []
    for path in sorted(files, key=lambda path: (path == SPEC, path)):
        check_parents(folder, path)
        place = folder / path
        if place.is_symlink() or (place.exists() and not place.is_file()):
            raise TargetError(f"{path} is no regular file", hint="replace it by one")
        old = place.read_bytes() if place.exists() else None
        if old == files[path]:
            continue
        if old is not None:
            copies.append(free(folder, f"{REPLACED}/{path}"))
            puts[copies[-1]] = File(old)
        puts[path] = File(files[path])
    left, deletes = unsettled.without(folder, settled)
    put(folder, {**left, **puts}, deletes)
    return tuple(copies)
