"""The files of one service as its container sees them, in a temporary folder.

A judge must not need the real secrets, and a config names paths inside the container. So every mounted file is
copied to the same path below a temporary root, the paths in it are rewritten to lie there, mounted volumes become
empty folders, and each secret is a placeholder. Rewriting stays within a line, so line numbers stay true.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from midwatch.check.catalogue import derived_placeholder
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.service import Service
from midwatch.check.stack import Stack, mounted
from midwatch.check.tool import UnusableError

PLACEHOLDER = "midwatch-check-placeholder"  # not a secret: what a judge gets instead of one
ACL_PLACEHOLDER = "user default on nopass ~* &* +@all\n"


@dataclass(frozen=True, slots=True)
class View:
    """``root`` is the temporary root; ``files`` maps paths in it to paths in the project."""

    root: Path
    files: Mapping[str, str]

    def path(self, target: str) -> Path:
        """Where a path of the container lies on this machine."""
        return below(self.root, target)

    def shown(self, text: str) -> str:
        """A program's message with the temporary paths turned back into those of the project."""
        for path, project in sorted(self.files.items(), key=lambda item: -len(item[0])):
            text = text.replace(path, project)
        return text.replace(str(self.root), "")

    def position(self, path: str, line: int = 0, column: int = 0) -> Position | None:
        """A place in a file of the view as a place in the project; None when it is no file of the project."""
        project = self.files.get(path)
        return Position(project, line, column) if project else None


@contextmanager
def of_service(stack: Stack, service: Service) -> Iterator[View]:
    """The view of one service; it is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mw-") as name:
        root = Path(name).resolve()
        rewrite = _rewriter(service, root)
        files: dict[str, str] = {}
        acl = _acl_files(stack, service)
        try:
            for mount in service.mounts:
                if mount.kind in {"volume", "tmpfs"} and mount.target:
                    below(root, mount.target).mkdir(parents=True, exist_ok=True)
            for secret, path in service.secrets.items():
                usual = ACL_PLACEHOLDER if path in acl else PLACEHOLDER
                _write(below(root, path), derived_placeholder(secret, PLACEHOLDER) or usual)
            for project, target in mounted(stack, service):
                place = below(root, target)
                _write(place, rewrite(stack.files[project].text))
                files[str(place)] = project
        except (OSError, ValueError) as error:  # two mounts in each other's way, a name that no file can have
            raise UnusableError(f"the mounts of {service.name} cannot be laid out: {error}") from error
        yield View(root, files)


@contextmanager
def of_project(stack: Stack, *kinds: Kind) -> Iterator[View]:
    """Files of these kinds at their places in the project, without the rest."""
    with tempfile.TemporaryDirectory(prefix="mw-") as name:
        root = Path(name).resolve()
        files = {}
        for file in stack.of(*kinds):
            _write(root / file.path, file.text)
            files[str(root / file.path)] = file.path
        yield View(root, files)


def below(root: Path, target: str) -> Path:
    """A path of the container below the temporary root, never above it whatever ``..`` it holds."""
    return root / posixpath.normpath(f"/{target}").lstrip("/")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _rewriter(service: Service, root: Path) -> Callable[[str], str]:
    targets = {"/run/secrets"} | {mount.target.rstrip("/") for mount in service.mounts}
    for mount in service.mounts:
        parent = PurePosixPath(mount.target).parent
        if mount.kind == "bind" and mount.project and len(parent.parts) > 2:
            targets.add(str(parent))  # a glob over a folder whose files are mounted one by one
    paths = "|".join(re.escape(path) for path in sorted(targets, key=len, reverse=True) if len(path) > 1)
    pattern = re.compile(rf"(?<![\w.\-/}}])(?P<path>{paths})(?=[/\s\"',:;)}}\]*]|$)", re.M)
    return lambda text: pattern.sub(lambda match: f"{root}{match['path']}", text)


def _acl_files(stack: Stack, service: Service) -> frozenset[str]:
    """Paths that a Redis configuration of this service reads access rules from."""
    found: set[str] = set()
    for use in stack.uses(Kind.REDIS):
        if use.service is service:
            found |= set(re.findall(r"^aclfile\s+(\S+)", use.file.text, re.M))
    return frozenset(found)
