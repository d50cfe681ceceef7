"""An image around a Loki that somebody has at hand. This project neither ships nor builds Loki."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.lab.cache import LabError
from tests.lab.images import userland
from tests.lab.images.layout import Layout
from tests.lab.images.recipes import Recipe
from tests.lab.programs import Program, Ready

UID = 10001


def local(path: Path) -> tuple[Recipe, Ready]:
    """The recipe around the program at `path`: as upstream, with no shell, so the program has to be static."""
    program = path.resolve()
    try:
        with program.open("rb") as start:
            if b"/ld-" in start.read(4096):
                raise LabError(
                    f"MIDWATCH_LAB_LOKI={path} is linked dynamically, and the official image has no libraries"
                )
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError as error:
        raise LabError(f"MIDWATCH_LAB_LOKI={path} cannot be run: {error.strerror}") from None
    found = re.search(r"version v?(\d[\w.+-]*)", done.stdout + done.stderr)
    version = found[1] if found else "of unknown version"

    def fill(layout: Layout, ready: Ready) -> None:
        userland.accounts(layout, ("loki", UID))
        userland.certificates(layout)
        layout.program("/usr/bin/loki", program)
        for folder in ("/etc/loki", "/loki", "/loki/rules", "/loki/rules-temp"):
            layout.folder(folder, UID, UID)

    def make(folder: Path) -> str:
        raise LabError("Loki is not made by the lab")

    recipe = Recipe(
        "loki",
        fill,
        (
            f"USER {UID}",
            "EXPOSE 3100",
            'ENTRYPOINT ["/usr/bin/loki"]',
            'CMD ["-config.file=/etc/loki/local-config.yaml"]',
        ),
        "docker.io/grafana/loki:{}",
        shell=False,
    )
    source = "program at MIDWATCH_LAB_LOKI"
    return recipe, Ready(Program("loki", version, source, make), program.parent, version)
