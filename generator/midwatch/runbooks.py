"""The runbooks of a project's folder: what there is, and the one that was asked for.

Read from the folder as it lies there, without the spec: it has to work at night, also where the spec is being changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import TargetError
from midwatch.spec.suggest import nearest

FOLDER = "runbooks"
START = "README"
_ROW = re.compile(r"^\| \[[^\]]+\]\(([\w.-]+)\.md\) \|(?: (critical|warning|info) \|)? (.+?) \|$", re.M)
"""A line of the start page's tables: a page with what it is for, or an alert with its severity and what it means."""


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page. ``severity`` is empty for a page that belongs to no alert."""

    name: str
    severity: str
    summary: str
    path: Path

    def text(self) -> str:
        """Its Markdown. Raises TargetError when it cannot be read."""
        return _read(self.path)


def runbooks(project: Path) -> list[Runbook]:
    """All pages but the start page, in its order; then those that it does not name, with their titles.

    Raises TargetError where there are none.
    """
    folder = project / FOLDER
    names = sorted(path.stem for path in folder.glob("*.md"))
    if not names:
        raise TargetError(
            f"there are no runbooks in {folder.absolute()}",
            hint="run 'midwatch generate' first, or name the project's folder with -C DIR",
        )
    start = folder / f"{START}.md"
    rows = _ROW.findall(_read(start)) if start.is_file() else []
    told = {name: (severity, summary) for name, severity, summary in rows}
    order = [name for name in told if name in names] + [name for name in names if name not in told and name != START]
    return [_page(folder / f"{name}.md", told.get(name)) for name in order]


def named(wanted: str, pages: list[Runbook]) -> Runbook:
    """The page of that name; ``.md``, upper case and the address in a message do not count.

    Raises TargetError with the nearest names.
    """
    name = wanted.split("?")[0].split("#")[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".md")
    found = [page for page in pages if page.name.lower() == name.lower()]
    if found:
        return found[0]
    names = [page.name for page in pages]
    near = [nearest(name, names) or "", *(one for one in names if len(name) > 2 and name.lower() in one.lower())]
    options = list(dict.fromkeys(one for one in near if one))[:4]
    hint = f"did you mean {' or '.join(options)}? " if options else ""
    raise TargetError(f"there is no runbook {wanted!r}", hint=f"{hint}'midwatch runbook' lists all")


def _page(path: Path, told: tuple[str, str] | None) -> Runbook:
    severity, summary = told or ("", _title(path))
    return Runbook(path.stem, severity, summary, path)


def _title(path: Path) -> str:
    found = re.search(r"^# +(.+?) *$", _read(path), re.M)
    return found[1] if found else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"{path} cannot be read: {error}") from error
