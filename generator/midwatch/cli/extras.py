"""Reads the user's own Compose and Prometheus fragments that the spec names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch.errors import Problem, SpecError

if TYPE_CHECKING:
    from midwatch.render.extra import Extras
    from midwatch.spec.model import Spec


def read_extras(folder: Path, spec: Spec) -> tuple[Extras, tuple[bytes, ...]]:
    """The parsed fragments and their bytes, in the order of the spec.

    Raises SpecError with every fragment that is missing, is no YAML, or is no mapping.
    """
    from midwatch.render.extra import Extras

    problems: list[Problem] = []
    texts: list[bytes] = []

    def parsed(key: str, paths: Sequence[str]) -> list[Mapping[str, Any]]:
        parts = []
        for index, path in enumerate(paths):
            part = _parse(folder, path, f"extra.{key}[{index}]", problems, texts)
            if part is not None:
                parts.append(part)
        return parts

    extras = Extras(parsed("compose", spec.extra.compose), parsed("prometheus", spec.extra.prometheus))
    if problems:
        raise SpecError(f"{len(problems)} of the fragments in 'extra' cannot be used", problems=problems)
    return extras, tuple(texts)


def _parse(folder: Path, path: str, key: str, problems: list[Problem], texts: list[bytes]) -> Mapping[str, Any] | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        data = (folder / path).read_bytes()
        value = YAML(typ="rt").load(data)
    except OSError as error:
        problems.append(Problem(f"cannot be read: {error.strerror}", file=path, key=key))
        return None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problems.append(Problem(f"is no YAML: {error.problem}", file=path, line=line, column=column, key=key))
        return None
    except (YAMLError, UnicodeDecodeError):
        problems.append(Problem("is no YAML", file=path, key=key))
        return None
    texts.append(data)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(Problem("must be a mapping", file=path, line=1, key=key))
        return None
    return value
