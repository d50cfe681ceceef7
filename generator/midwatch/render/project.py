"""A project folder, read: what the commands and the tests start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from midwatch.errors import Problem, SpecError, TargetError
from midwatch.plan.build import build, catalogue
from midwatch.plan.model import Plan
from midwatch.plan.overridable import overridable
from midwatch.render.extra import Extras
from midwatch.render.tree import Rendered, render_all
from midwatch.spec.load import Known, LoadedSpec, read
from midwatch.spec.model import Spec
from midwatch.spec.names import of_fragments

SPEC_FILE = "stack.yaml"
_LARGEST_FRAGMENT = 1024 * 1024
_Made = TypeVar("_Made", Plan, Rendered)


@dataclass(frozen=True, slots=True)
class Project:
    """A spec with its fragments. ``spec_sha256`` covers both."""

    folder: Path
    loaded: LoadedSpec
    extras: Extras
    spec_sha256: str

    @property
    def spec(self) -> Spec:
        """What the person decided."""
        return self.loaded.spec

    def plan(self) -> Plan:
        """What follows from it. Raises SpecError when the host is too small."""
        return self._placed(lambda: build(self.spec, fragments=self.extras.guests()))

    def render(self) -> Rendered:
        """Every file, in memory. Raises SpecError when the host is too small."""
        return self._placed(lambda: render_all(self.spec, self.extras))

    def _placed(self, work: Callable[[], _Made]) -> _Made:
        """What the plan finds wrong gets its place in the file."""
        try:
            return work()
        except SpecError as error:
            placed = [self.loaded.problem(found.key, found.message, hint=found.hint) for found in error.problems]
            raise SpecError(error.message, hint=error.hint, problems=placed) from error


def known() -> Known:
    """The names of the catalogue, which a spec may refer to, and what it may change of each alert."""
    every = catalogue()
    return Known(
        every.alert_names(),
        frozenset(every.components),
        overridable(every.folder),
        hosts=every.hosts(),
        volumes=frozenset(need.name for one in every.components.values() for need in one.volumes if not one.foreach),
        networks=frozenset(every.networks),
        secrets=frozenset(
            need.name for one in every.components.values() for need in one.secret_files if not need.file_from
        ),
    )


def load_project(folder: Path) -> Project:
    """Read ``stack.yaml`` of a folder, and the fragments that it names.

    Raises SpecError with every problem, each with its place; TargetError where there is no spec.
    """
    loaded = read(spec_path(folder), known=known())
    extras = load_extras(folder, loaded.spec)
    twice = [loaded.problem(one.path, one.message, hint=one.hint) for one in of_fragments(loaded.spec, extras.guests())]
    if twice:
        raise SpecError(f"{SPEC_FILE} and a fragment of yours do not fit together", problems=twice)
    return Project(folder, loaded, extras, spec_hash(folder, loaded.spec, loaded.source))


def spec_hash(folder: Path, spec: Spec, source: bytes | None = None) -> str:
    """SHA-256 of the spec's file and the fragments that it names. Raises OSError when one cannot be read."""
    hashed = sha256((folder / SPEC_FILE).read_bytes() if source is None else source)
    for _, _, fragment in spec.extra.named():
        hashed.update(sha256((folder / fragment).read_bytes()).digest())
    return hashed.hexdigest()


def spec_path(folder: Path) -> Path:
    """The path of the folder's spec. Raises TargetError where there is none."""
    path = folder / SPEC_FILE
    if path.is_file():
        return path
    if folder.exists() and not folder.is_dir():
        raise TargetError(f"{folder} is not a folder", hint="name the project's folder")
    raise TargetError(
        f"there is no {SPEC_FILE} in {folder.absolute()}",
        hint="start a project with 'midwatch init DIR', or name its folder with -C DIR",
    )


def load_extras(folder: Path, spec: Spec) -> Extras:
    """Parse the fragments that the spec names. Raises SpecError that names each bad file."""
    problems: list[Problem] = []
    parts: dict[str, list[dict[str, Any]]] = {}
    for key, _, name in spec.extra.named():
        parts.setdefault(key, []).append(_fragment(folder, name, f"extra.{key}", problems))
    if problems:
        raise SpecError("a fragment of yours cannot be used", problems=problems)
    return Extras(**parts)


def _fragment(folder: Path, name: str, key: str, problems: list[Problem]) -> dict[str, Any]:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from midwatch.render import tags

    path = folder / name
    try:
        if path.stat().st_size > _LARGEST_FRAGMENT:
            problems.append(Problem("is larger than 1 MiB", file=name, key=key))
            return {}
        data = tags.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(
            Problem(f"cannot be read: {error}", file=name, key=key, hint="paths are relative to stack.yaml")
        )
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problems.append(Problem(str(error.problem), file=name, line=line, column=column, key=key))
    except (YAMLError, ValueError, RecursionError) as error:
        problems.append(Problem(f"is not YAML that can be used: {error}", file=name, key=key))
    else:
        if isinstance(data, dict):
            return data
        problems.append(Problem("must be a mapping", file=name, key=key))
    return {}
