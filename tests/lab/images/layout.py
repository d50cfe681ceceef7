"""The files of an image, written as one tar with the owners and modes that the official image has.

Everything is a stream for `docker import`: no build runs, so neither a base image nor a network nor BuildKit is needed,
and the result has exactly what is put in. An image that has no shell upstream has none here either.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

PORT_CAPABILITY = "\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
"""What `setcap cap_net_bind_service=+ep` writes: revision 2, effective, capability 10 permitted."""


class Layout:
    """Paths of an image and what is at them. A parent folder that nobody mentioned belongs to root, mode 0755."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, bytes | Path | None]] = {}

    def folder(self, path: str, uid: int = 0, gid: int = 0, mode: int = 0o755) -> None:
        self._add(path, tarfile.DIRTYPE, mode, uid, gid)

    def file(self, path: str, content: bytes | str | Path, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
        """A file with this content, or the content of a file of this machine."""
        data = content.encode() if isinstance(content, str) else content
        entry = self._add(path, tarfile.REGTYPE, mode, uid, gid, data)
        entry.size = data.stat().st_size if isinstance(data, Path) else len(data)

    def program(self, path: str, source: Path) -> None:
        self.file(path, source.resolve(), 0o755)

    def capability(self, path: str, value: str) -> None:
        """A file capability. It decides whether the program can be executed at all once capabilities are dropped."""
        self._entries[self._name(path)][0].pax_headers = {"SCHILY.xattr.security.capability": value}

    def link(self, path: str, target: str) -> None:
        self._add(path, tarfile.SYMTYPE, 0o777, 0, 0).linkname = target

    def tree(self, root: Path, at: str = "/", keep: Callable[[PurePosixPath], bool] = lambda path: True) -> None:
        """All of a tree of this machine, as root's, with its modes. `keep` sees the path inside the tree."""
        for folder, folders, files in os.walk(root):
            inside = PurePosixPath(Path(folder).relative_to(root))
            folders[:] = [name for name in folders if keep(inside / name)]
            for name in (*folders, *files):
                if keep(inside / name):
                    self._copy(Path(folder) / name, f"{at.rstrip('/')}/{inside / name}")

    def write(self, stream: IO[bytes]) -> None:
        """Parents first: the order of names is that."""
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted(self._entries):
                entry, content = self._entries[name]
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        archive.addfile(entry, source)
                else:
                    archive.addfile(entry, io.BytesIO(content or b""))

    def _copy(self, source: Path, path: str) -> None:
        state = source.lstat()
        if stat.S_ISLNK(state.st_mode):
            self.link(path, str(source.readlink()))
        elif stat.S_ISDIR(state.st_mode):
            self.folder(path, mode=stat.S_IMODE(state.st_mode))
        elif stat.S_ISREG(state.st_mode):
            self.file(path, source, stat.S_IMODE(state.st_mode))

    def _add(
        self, path: str, kind: bytes, mode: int, uid: int, gid: int, content: bytes | Path | None = None
    ) -> tarfile.TarInfo:
        name = self._name(path)
        parent = str(PurePosixPath(name).parent)
        if parent != "." and parent not in self._entries:
            self.folder(parent)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.uid, entry.gid = kind, mode, uid, gid
        self._entries[name] = (entry, content)
        return entry

    @staticmethod
    def _name(path: str) -> str:
        return str(PurePosixPath(path)).lstrip("/")
