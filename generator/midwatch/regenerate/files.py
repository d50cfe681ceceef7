"""Small durable file operations that the writer is made of."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from midwatch.render.model import File

EXECUTABLE, PLAIN = 0o755, 0o644
_FEW, _THREADS = 8, 8


def digest(data: bytes) -> str:
    """SHA-256 in hex, as it stands in the lock file."""
    return hashlib.sha256(data).hexdigest()


def mode_of(executable: bool) -> int:
    """The mode of a generated file: git knows these two, so the lock file and a clone agree."""
    return EXECUTABLE if executable else PLAIN


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, which is kept and put back as it is, and never followed."""

    target: str


def fingerprint(content: File | Link) -> str:
    """What tells that a file is as it was written: its SHA-256; for a link that of where it leads."""
    return digest(b"link to " + os.fsencode(content.target) if isinstance(content, Link) else content.data)


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at a path. ``sha256`` is its fingerprint, empty for anything but a regular file or a link."""

    kind: Literal["file", "link", "folder", "other"]
    sha256: str = ""
    executable: bool = False


def look(path: Path) -> Found | None:
    """What lies at the path, without following a link there; None for nothing."""
    try:
        if path.is_symlink():
            return Found("link", fingerprint(link_at(path)))
        if path.is_dir():
            return Found("folder")
        if not path.is_file():
            return Found("other") if path.exists() else None
        return Found("file", digest(path.read_bytes()), bool(path.stat().st_mode & 0o100))
    except NotADirectoryError:
        return None


def link_at(path: Path) -> Link:
    """The link that lies there. Raises OSError."""
    return Link(os.readlink(path))  # noqa: PTH115  Path would make "x" of "./x".


def there(path: Path) -> bool:
    """Whether anything lies there, be it a link that leads nowhere."""
    return os.path.lexists(path)


def content(path: Path) -> bytes:
    """What a regular file holds; of anything else nothing, since a pipe would be waited for. Raises OSError."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return path.read_bytes()


def write_new(path: Path, data: bytes, mode: int, *, sync: bool = True) -> None:
    """Write a file that must not exist yet, with exactly this mode whatever the umask, and bring it to the disk.

    Without ``sync`` it is not durable until ``sync_files``. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fchmod(handle, mode)
        if sync:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(paths: Sequence[Path]) -> None:
    """Bring files to the disk, many at once: the file system then commits them together, ten times as fast as one
    after the other. Raises OSError."""
    if len(paths) < _FEW:
        for path in paths:
            _sync_file(path)
        return
    from concurrent.futures import ThreadPoolExecutor  # Not for the usual run, which changes little.

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk: a rename is not durable before that. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network and fuse file systems cannot sync a folder; that is their business, not a failed write.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def keep(source: Path, target: Path) -> None:
    """Give the file a second name, so that it survives its replacement: a hard link, else a copy. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        # No hard links here (vfat, some mounts), or the file is somebody else's (fs.protected_hardlinks).
        if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.ENOSYS):
            raise
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            write_new(target, source.read_bytes(), source.stat().st_mode & 0o777)


def remove_empty_parents(path: Path, top: Path) -> None:
    """Remove the folders above ``path`` that became empty, up to but not including ``top``."""
    for parent in path.parents:
        if parent == top or not parent.is_relative_to(top):
            return
        try:
            parent.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return


def remove_tree(path: Path) -> None:
    """Remove a folder of ours, as far as it goes: what is left is cleared next time."""
    with suppress(OSError):  # Also when closing a folder fails, which ignore_errors lets through.
        shutil.rmtree(path, ignore_errors=True)
