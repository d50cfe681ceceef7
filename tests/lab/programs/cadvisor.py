"""The lab's cAdvisor: see ../cadvisor/main.go for what it is and is not."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab.cache import remove_tree, run
from tests.lab.programs.golang import environment, go

VERSION = "0.60.6"
SOURCE = Path(__file__).parent.parent / "cadvisor"


def make(folder: Path) -> str:
    """Compile a copy, so that the build never writes into the checkout."""
    source = folder / "source"
    shutil.copytree(SOURCE, source)
    flags = f"-ldflags=-s -w -X main.version=v{VERSION}"
    command: list[str | Path] = [go(), "build", "-trimpath", flags, "-o", folder / "cadvisor", "."]
    run(command, what=f"building cadvisor {VERSION}", cwd=source, env=environment(), timeout=3600)
    remove_tree(source)
    return VERSION
