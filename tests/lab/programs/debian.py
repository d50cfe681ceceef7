"""Programs out of Debian's archive, from a newer suite than the machine's own, without touching the machine.

A second apt with its own state resolves a package with everything that it needs, down to libc, as for an empty
machine. The packages are unpacked, never installed: the tree is the root of an image, and a small wrapper runs its
programs on this machine with the tree's own libraries.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.lab.cache import LabError, cache, lock, remove_tree, run, say

MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/bug", "usr/share/lintian")


def apt(suite: str) -> list[str]:
    """Options that give apt a life of its own under the cache."""
    if not shutil.which("apt-get") or not KEYRING.is_file():
        raise LabError("no apt-get and Debian keyring here: use Debian, or a machine that can pull images")
    state = cache() / "apt" / suite
    for folder in ("lists/partial", "cache/archives/partial", "cache/none/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {MIRROR} {suite} main\n")
    settings = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::Retries": "3",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Debug::NoLocking": "true",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def download_from(suites: tuple[str, ...], packages: tuple[str, ...]) -> list[Path]:
    """Testing is the newest that is coherent, but may lack a package for some weeks; then an older suite has to do."""
    for suite in suites[:-1]:
        try:
            return download(suite, packages)
        except LabError as error:
            say(f"{error}\n    trying the next suite")
    return download(suites[-1], packages)


def download(suite: str, packages: tuple[str, ...]) -> list[Path]:
    """The packages and all that they depend on, as files."""
    options = apt(suite)
    archives = cache() / "apt" / suite / "cache" / "archives"
    what = f"downloading {' '.join(packages)} from Debian {suite}"
    with lock(f"apt-{suite}"):
        run(["apt-get", *options, "update", "-qq"], what=f"reading Debian {suite}'s list of packages", timeout=600)
        # With an empty folder for archives, so that it also names what is there already.
        naming = [*options, "-o", f"Dir::Cache::archives={archives.parent / 'none'}"]
        printed = run(["apt-get", *naming, "install", "-qq", "--print-uris", *packages], what=what, timeout=120)
        names = re.findall(r"^'\S+' (\S+\.deb) ", printed, re.M)
        run(["apt-get", *options, "install", "-qq", "--download-only", "--yes", *packages], what=what, timeout=1200)
        return [archives / name for name in names]


def tree(suites: tuple[str, ...], *packages: str, host: tuple[str, ...] = ()) -> Callable[[Path], str]:
    """Unpack packages with their dependencies into root/, from the first suite that has them. Each path in `host` also
    gets a wrapper beside root/ that runs it on this machine. The version is upstream's of the first package."""

    def make(folder: Path) -> str:
        root = folder / "root"
        root.mkdir()
        files = download_from(suites, packages)
        for file in sorted(files, key=lambda path: not path.name.startswith("base-files_")):
            run(["dpkg-deb", "--extract", file, root], what=f"unpacking {file.name}")
        for useless in UNUSED:
            remove_tree(root / useless)
        for path in host:
            wrap(folder, path)
        return upstream(packages[0], files)

    return make


def upstream(package: str, files: list[Path]) -> str:
    """'redis-server_5%3a8.0.6-3_amd64.deb' -> '8.0.6'."""
    name = next(path.name for path in files if path.name.startswith(f"{package}_"))
    version = name.split("_")[1].rpartition("%3a")[2]
    return re.split(r"[+~]", version.rpartition("-")[0] or version)[0]


def wrap(folder: Path, path: str) -> None:
    """A script that runs root/path by the tree's own loader and libraries, under its own name (redis-server is one
    program with redis-check-rdb, and goes by the name that it was called with)."""
    name = path.rpartition("/")[2]
    script = folder / name
    script.write_text(
        "#!/bin/sh\n"
        'root=$(dirname "$(readlink -f "$0")")/root\n'
        f'exec "$root/usr/lib64/ld-linux-x86-64.so.2" --argv0 {name} \\\n'
        f'    --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/{path}" "$@"\n'
    )
    script.chmod(0o755)
