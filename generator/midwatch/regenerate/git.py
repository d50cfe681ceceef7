"""Asks git what is not committed, so that a person knows before files change."""

from __future__ import annotations

from pathlib import Path

from midwatch.secrets.git import ask


def uncommitted(folder: Path) -> tuple[str, ...]:
    """Files of the folder that git sees changed, relative to it; none where there is no repository.

    Files that git does not know are none of them: what it does not track it will not mix up.
    """
    if not any((parent / ".git").exists() for parent in (folder.absolute(), *folder.absolute().parents)):
        return ()
    said = ask(folder, "status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--", ".")
    top = (ask(folder, "rev-parse", "--show-prefix") or "").strip() if said else ""
    return tuple(entry[3:].removeprefix(top) for entry in (said or "").split("\0") if entry)
