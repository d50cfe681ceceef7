"""A parsed stack: everything that rules and judges look at, of any Compose project, never the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch.check import compose, kinds, walk
from midwatch.check.document import Document, items, mapping, parse
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.normalise import beyond
from midwatch.check.profile import Profile
from midwatch.check.service import Mount, Service, relative
from midwatch.errors import Problem, SpecError, TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate.lock import Lock
from midwatch.regenerate.paths import BASE, LOCK

if TYPE_CHECKING:
    from midwatch.spec.model import Spec


@dataclass(frozen=True, slots=True)
class File:
    """One text file of the project. ``document`` is there for YAML; ``text`` is empty when it is not UTF-8."""

    path: str
    kind: Kind
    text: str
    document: Document | None = None
    executable: bool = True
    """Whether its owner may run it, where that is known."""


@dataclass(frozen=True, slots=True)
class Use:
    """A file as one service sees it."""

    file: File
    service: Service
    target: str


@dataclass(frozen=True, slots=True)
class Stack:
    """The parsed stack."""

    folder: Path
    compose: Document
    services: Mapping[str, Service]
    parts: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Top-level ``networks``, ``volumes``, ``secrets``, ``configs`` of the compose model."""
    files: Mapping[str, File]
    profile: Profile
    spec: Spec | None = None
    lock: Lock | None = None
    resolved_by: str = "midwatch"
    problems: tuple[tuple[Position, str], ...] = ()
    """What could not be read."""
    spec_problems: tuple[Problem, ...] = field(default=())
    base: Document | None = None
    """The compose file as it was generated last, pristine; None for a stack that was not generated."""
    offline: bool = True
    """Whether nothing outside of this machine may be asked."""

    def at(self, *key: str | int) -> Position:
        """Place of a key in the compose file, or of its nearest parent there."""
        return self.compose.at(*key)

    def service_at(self, service: Service, *key: str | int) -> Position:
        """Place of a key of a service."""
        return self.compose.at("services", service.name, *key)

    def of(self, *wanted: Kind) -> Iterator[File]:
        """Files of these kinds, mounted or not, by path."""
        return (file for file in self.files.values() if file.kind in wanted)

    def uses(self, *wanted: Kind) -> Iterator[Use]:
        """Files of these kinds that a service has mounted, as that service sees them."""
        for service in self.services.values():
            for path, target in mounted(self, service):
                file = self.files[path]
                if file.kind in wanted:
                    yield Use(file, service, target)

    def secret_file(self, name: str) -> str | None:
        """Path of a declared secret's file, relative to the project where it lies inside; None when it has no file."""
        source = self.parts["secrets"].get(name, {}).get("file")
        if not source:
            return None
        return relative(self.folder, str(source)) or str(source)


def exists(stack: Stack, path: str) -> bool:
    """Whether a file or folder of the project is there: among those that were read (which need not be on disk), or as
    one that is not read, such as a link or a program."""
    target = stack.folder / path
    return (
        path in stack.files
        or target.is_symlink()
        or target.exists()
        or any(name.startswith(f"{path}/") for name in stack.files)
    )


def mounted(stack: Stack, service: Service) -> Iterator[tuple[str, str]]:
    """Each project file that a service sees: path in the project, path in the container."""
    for mount in file_mounts(stack, service):
        if mount.project is None:
            continue
        if mount.project in stack.files:
            yield mount.project, mount.target
            continue
        prefix = "" if mount.project == "." else mount.project + "/"
        for path in stack.files:
            if path.startswith(prefix):
                yield path, f"{mount.target.rstrip('/')}/{path[len(prefix) :]}"


def file_mounts(stack: Stack, service: Service) -> Iterator[Mount]:
    """Bind mounts and compose ``configs``, which are mounts too."""
    yield from (mount for mount in service.mounts if mount.kind == "bind")
    for grant in map(mapping, items(service.raw.get("configs"))):
        name = str(grant.get("source"))
        source = str(stack.parts["configs"].get(name, {}).get("file") or "")
        if source:
            target = str(grant.get("target") or f"/{name}")
            yield Mount("config", source, target, True, relative(stack.folder, source))


def read(folder: Path, *, profile: Profile | None = None, use_compose: bool = True, offline: bool = True) -> Stack:
    """Parse the Compose project in ``folder``.

    Broken files become problems of the stack. Raises TargetError only when there is no compose file at all.
    """
    name = next((name for name in compose.FILE_NAMES if (folder / name).is_file()), None)
    if name is None:
        usual = compose.FILE_NAMES[0]
        what = f"no {usual} in {folder}" if folder.is_dir() else f"{folder} is not a folder"
        if (folder / usual).is_symlink():
            what = f"{usual} in {folder} is a link that leads to no file"
        elif (folder / usual).exists():
            what = f"{usual} in {folder} is no regular file"
        lock, _ = _lock(folder)
        removed = lock is not None and usual in lock.files
        hint = "run 'midwatch generate' first, or give the folder of a Compose project"
        raise TargetError(what, hint=f"'midwatch resolve {usual} --theirs' brings it back" if removed else hint)
    written = _file(folder, name)
    document = written.document or Document(name)
    model = compose.read(folder, document, use_program=use_compose)
    secret = {relative(folder, str(item["file"])) or "" for item in model.parts["secrets"].values() if item.get("file")}
    # The compose file also where it is a link: Compose follows it.
    files = {name: written} | {path: _file(folder, path) for path in walk.files(folder, secret) if path != name}
    spec, spec_problems = _spec(folder)
    lock, broken = _lock(folder)
    stack = Stack(
        folder=folder,
        compose=document,
        services={},
        parts={},
        files=dict(sorted(files.items())),
        profile=profile or (Profile[spec.environment.upper()] if spec else Profile.PRODUCTION),
        spec=spec,
        lock=lock,
        spec_problems=spec_problems,
        base=_base(folder, name),
        offline=offline,
    )
    stack = _with_model(stack, document, model)
    return replace(stack, problems=stack.problems + broken)


def with_compose(stack: Stack, raw: bytes) -> Stack:
    """The same stack with another content of its compose file, which need not be on disk (for tests and editors)."""
    return with_files(stack, {stack.compose.path: file_of(stack.compose.path, raw)})


def with_files(stack: Stack, changed: Mapping[str, File | None]) -> Stack:
    """The same stack with other files in place of some (None: not there), which need not be on disk.

    Its compose file cannot be taken away. Without Compose: what only that can resolve is not followed.
    """
    files = {path: file for path, file in {**stack.files, **changed}.items() if file is not None}
    own = files.get(stack.compose.path)
    document = own.document if own and own.document else stack.compose
    model = compose.read(stack.folder, document, use_program=False)
    return _with_model(replace(stack, files=dict(sorted(files.items()))), document, model)


def _with_model(stack: Stack, document: Document, model: compose.Model) -> Stack:
    others = [file.document for file in stack.files.values() if file.document and file.path != document.path]
    problems = [problem for read in (document, *others) for problem in read.problems]
    if not document.problems and not model.services:
        problems.append((Position(document.path), "defines no services"))
    if model.source == "midwatch":
        problems += [(document.at(*key), f"'{what}' needs Compose to resolve; it was not followed")
                     for key, what in beyond(mapping(document.data))]  # fmt: skip
    return replace(
        stack,
        compose=document,
        services={name: Service(name, raw, stack.folder) for name, raw in model.services.items()},
        parts=model.parts,
        resolved_by=model.source,
        problems=tuple(problems),
    )


def _file(folder: Path, path: str) -> File:
    """A file as it lies there. That it cannot be read counts where it would have to be parsed."""
    raw = walk.read(folder, path)
    if raw is None and path.endswith(kinds.YAML_SUFFIXES):
        return File(path, Kind.YAML, "", Document(path, problems=((Position(path), "cannot be read"),)))
    return file_of(path, raw or b"", executable=walk.executable(folder, path))


def file_of(path: str, raw: bytes, *, executable: bool = True) -> File:
    """A file of this content, which need not be on disk."""
    if path.endswith(kinds.YAML_SUFFIXES):
        document = parse(path, raw)
        return File(path, kinds.of_data(document.data), raw.decode("utf-8", "replace"), document, executable)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return File(path, Kind.OTHER, "", executable=executable)
    return File(path, kinds.of_text(path, text), text, executable=executable)


def generated(stack: Stack, path: str) -> File | None:
    """A file of the project as it was generated last, pristine; None for one that was not generated."""
    raw = walk.read(stack.folder, f"{BASE}/{path}")
    return _parsed(path, raw) if raw is not None else None


_parsed = lru_cache(256)(file_of)
"""The rules ask for the same pristine files, and `diff` runs them again for each change that it tries."""


def _spec(folder: Path) -> tuple[Spec | None, tuple[Problem, ...]]:
    path = folder / "stack.yaml"
    if not path.is_file():
        return None, ()
    from midwatch.render.project import known  # pydantic: only where there is a spec
    from midwatch.spec import load

    try:
        return load.load(path, known=known()), ()
    except SpecError as error:
        return None, error.problems or (Problem(error.message, "stack.yaml", hint=error.hint),)


def _base(folder: Path, name: str) -> Document | None:
    raw = walk.read(folder, f".midwatch/base/{name}")
    return parse(f".midwatch/base/{name}", raw) if raw else None


def _lock(folder: Path) -> tuple[Lock | None, tuple[tuple[Position, str], ...]]:
    """The lock file, and what is wrong with it. Broken, it hides what was edited and what is gone."""
    try:
        return locks.read(folder), ()
    except TargetError as error:
        return None, ((Position(LOCK), f"{error.message.removeprefix(f'{LOCK} ')} ({error.hint})"),)
