"""The generated twins of the examples: ``python -m tests.render.twins`` writes them anew (``make examples``).

They are golden files and documentation in one: what comes out of which spec. A change of a blueprint shows here, in
the diff, and is read before it lands.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from midwatch.render.model import Tree
from midwatch.render.project import load_project
from tests.conftest import EXAMPLES

TWIN = "generated"
NAMES = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/stack.yaml")))


def expected(name: str) -> Tree:
    """What midwatch generates from an example now."""
    return load_project(EXAMPLES / name).render().tree


def committed(name: str) -> dict[str, tuple[bytes, bool]]:
    """What lies in the twin's folder: path -> content, executable."""
    folder = EXAMPLES / name / TWIN
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(name: str) -> None:
    """Replace a twin."""
    folder = EXAMPLES / name / TWIN
    shutil.rmtree(folder, ignore_errors=True)
    for relative, file in expected(name).items():
        path = Path(folder, relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(0o755 if file.executable else 0o644)


if __name__ == "__main__":
    for example in NAMES:
        write(example)
        print(f"wrote examples/{example}/{TWIN}")
