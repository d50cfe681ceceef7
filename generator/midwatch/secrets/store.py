"""The folder ``secrets/`` on disk: modes, atomic writes."""

from __future__ import annotations

import os
import secrets as random
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.plan.model import Secret

FOLDER = "secrets"
FOLDER_MODE, FILE_MODE = 0o700, 0o444
_LARGEST = 1024 * 1024


def path_of(folder: Path, secret: Secret) -> Path:
    """Where the secret lies."""
    return folder / FOLDER / secret.file


def read(path: Path) -> str | None:
    """The value without its last line break; None where there is no file, or an empty one. Raises TargetError."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise TargetError(f"{_short(path)} is no regular file", hint="remove it: secrets are not read through links")
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise TargetError(f"{_short(path)} is larger than 1 MiB: that is no secret")
        return data.decode().removesuffix("\n") or None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        # From None: the exception holds the bytes, and a crash log must not.
        raise TargetError(f"{_short(path)} is no text") from None
    except OSError as error:
        raise TargetError(f"cannot read {_short(path)}: {error.strerror}") from error


def write(path: Path, value: str) -> None:
    """Put a value into its file, whole or not at all, never readable by others on the way. Raises TargetError."""
    make_folder(path.parent)
    try:
        temporary = path.with_name(f".new-{random.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(value.encode())
                file.flush()
                os.fchmod(file.fileno(), FILE_MODE)
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
    except OSError as error:
        raise TargetError(f"cannot write {_short(path)}: {error.strerror}", hint="it is as it was before") from None


def make_folder(folder: Path) -> None:
    """Make the folder, shut to others. Raises TargetError."""
    if folder.is_symlink():
        raise TargetError(f"{folder.name} is a link", hint="replace it by a real folder: it has to be shut to others")
    if folder.exists() and not folder.is_dir():
        raise TargetError(f"{folder.name} is a file", hint="move it away: midwatch needs a folder of that name")
    try:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        if folder.stat().st_mode & 0o777 != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise TargetError(f"cannot make {folder.name}/: {error.strerror}") from error


def wrong_mode(path: Path) -> bool:
    """Whether a container could not read the file, or somebody could write it."""
    return path.stat().st_mode & 0o777 != FILE_MODE


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
