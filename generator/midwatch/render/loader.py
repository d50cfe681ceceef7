"""Where templates come from, and where their compiled form is kept.

``<component>/alerts/<Name>.md::front`` and ``…::body`` are the two halves of an alert's file; any other name is a file.
Compiling is most of the work of a small stack, so it is kept in the user's cache folder, as Python does with modules.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader

from midwatch.errors import BlueprintError

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def halves(text: str, source: str) -> dict[str, str]:
    """``front`` and ``body`` of an alert's file. Raises BlueprintError when it has no front matter."""
    match = _FRONT.match(text)
    if match is None:
        raise BlueprintError(f"{source}: must begin with front matter between two lines of ---")
    return {"front": match.group(1), "body": text[match.end() :]}


class BlueprintLoader(FileSystemLoader):
    """Files of the blueprints, and the halves of alerts."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Source, a name for messages, and whether it is still current."""
        name, _, half = template.partition("::")
        text, file, current = super().get_source(environment, name)
        return (halves(text, name)[half], f"{file}::{half}", current) if half else (text, file, current)


def compiled_cache(filters: Mapping[str, Callable[..., object]]) -> BytecodeCache | None:
    """A folder that only this user can write; None where there is none, and then everything works without.

    What is compiled knows which filters take the context, so those are part of the name.
    """
    calls = sorted(f"{name} {getattr(one, 'jinja_pass_arg', None)}" for name, one in filters.items())
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118
    folder = Path(base) / "midwatch" / "templates"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022 or not os.access(folder, os.W_OK):
            return None
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder), f"%s-{sha256(repr(calls).encode()).hexdigest()[:8]}.cache")
