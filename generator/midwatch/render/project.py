"""A project folder read and rendered: what the commands start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midwatch.errors import Problem, SpecError
from midwatch.render.extra import Extras
from midwatch.render.tree import Rendered, render_all
from midwatch.spec.load import load
from midwatch.spec.model import Spec

SPEC_FILE = "stack.yaml"
_LARGEST_FRAGMENT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Project:
    """A spec with its fragments, and what they give."""

    folder: Path
    spec: Spec
    rendered: Rendered


def load_project(folder: Path) -> Project:
    """Read ``stack.yaml`` of a folder and render it in memory.

    Raises SpecError with every problem of the spec and its fragments.
    """
    spec = load(folder / SPEC_FILE)
    return Project(folder, spec, render_all(spec, load_extras(folder, spec)))


def load_extras(folder: Path, spec: Spec) -> Extras:
    """Parse the fragments that the spec names. Raises SpecError that names each bad file."""
    problems: list[Problem] = []
    compose = [_fragment(folder, name, "extra.compose", problems) for name in spec.extra.compose]
    prometheus = [_fragment(folder, name, "extra.prometheus", problems) for name in spec.extra.prometheus]
    if problems:
        raise SpecError("a fragment of yours cannot be used", problems=problems)
    return Extras(compose, prometheus)


def _fragment(folder: Path, name: str, key: str, problems: list[Problem]) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    path = folder / name
    try:
        if path.stat().st_size > _LARGEST_FRAGMENT:
            problems.append(Problem("is larger than 1 MiB", file=name, key=key))
            return {}
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
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
