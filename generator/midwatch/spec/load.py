"""Reads a spec: the typed spec, or every mistake in it at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError
from ruamel.yaml.error import YAMLError

from midwatch.errors import Problem, SpecError
from midwatch.spec import syntax
from midwatch.spec.consistency import findings
from midwatch.spec.explain import explain
from midwatch.spec.finding import Finding, Known
from midwatch.spec.model import Spec
from midwatch.spec.nodes import Builder, Keys, Scalar, events, to_data
from midwatch.spec.paths import Path
from midwatch.spec.positions import Positions
from midwatch.spec.repair import reliable, repair
from midwatch.spec.shown import shown
from midwatch.spec.source import Unreadable, decode, read_bytes

__all__ = ["Known", "LoadedSpec", "load", "parse", "read"]


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A good spec with the place of everything in it, for problems that show only later."""

    spec: Spec
    positions: Positions
    source: bytes
    """The file, byte for byte."""

    def problem(self, path: Path | str, message: str, *, hint: str = "") -> Problem:
        """A problem at a key, such as ``host.memory``; at what holds it when the key was left out."""
        return self.positions.problem(path, message, hint=hint)


def load(path: FilePath, *, known: Known | None = None) -> Spec:
    """The spec in a file. Raises SpecError with all its problems."""
    return read(path, known=known).spec


def read(path: FilePath, *, known: Known | None = None) -> LoadedSpec:
    """The spec in a file with the places in it. Raises SpecError with all its problems."""
    try:
        data = read_bytes(path)
    except Unreadable as error:
        raise _spec_error(str(path), [error.problem]) from None
    return read_source(data, str(path), path.parent, known=known)


def parse(
    source: str | bytes, file: str = "stack.yaml", folder: FilePath | None = None, *, known: Known | None = None
) -> Spec:
    """The spec in a text. ``file`` is what problems call it; with ``folder`` the ``extra`` files must be there."""
    return read_source(source, file, folder, known=known).spec


def read_source(
    source: str | bytes, file: str = "stack.yaml", folder: FilePath | None = None, *, known: Known | None = None
) -> LoadedSpec:
    """As ``parse``, with the places. Raises SpecError with all problems, in the order of the file."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    try:
        positions, problems = _tree(decode(data, file), file)
    except Unreadable as error:
        raise _spec_error(file, [error.problem]) from None
    spec, more = _typed(positions, folder, known or Known())
    problems += more
    if spec is None or problems:
        raise _spec_error(file, sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return LoadedSpec(spec, positions, data)


def _tree(text: str, file: str) -> tuple[Positions, list[Problem]]:
    """The nodes, and what is wrong with them but did not stop the reading. Raises Unreadable."""
    builder = Builder(file)
    try:
        for event in events(text):
            builder.take(event)
    except YAMLError as error:
        raise Unreadable(syntax.problem(error, text, file)) from None
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, AssertionError, NotImplementedError):
        # ruamel.yaml lets these escape on some broken texts (a malformed %YAML line, for one).
        raise Unreadable(Problem("is not YAML", file)) from None
    root = builder.root
    if root is None or (isinstance(root, Scalar) and root.plain and not root.text):
        what = "holds nothing but comments" if text.strip() else "is empty"
        raise Unreadable(Problem(what, file, 1, 1, hint="a spec needs at least `name` and `alerting.slack.channel`"))
    if not isinstance(root, Keys):
        message = f"must be a group of keys such as `name: sva`, not {shown(to_data(root))}"
        raise Unreadable(Problem(message, file, root.line, root.column))
    return Positions(file, root), builder.problems


def _typed(positions: Positions, folder: FilePath | None, known: Known) -> tuple[Spec | None, list[Problem]]:
    """The spec, or None; and what is wrong with the values, alone and together."""
    data = to_data(positions.root)
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        wrong = list(explain(error, positions))
        untrue = repair(data, (path for path, _ in wrong))
        return None, [problem for _, problem in wrong] + _together(data, positions, folder, known, untrue)
    return spec, _placed(_all_findings(spec, folder, known), positions)


def _together(
    data: object, positions: Positions, folder: FilePath | None, known: Known, untrue: set[Path]
) -> list[Problem]:
    """What the good keys of a bad spec say about one another."""
    try:
        spec = Spec.model_validate(data)
    except ValidationError:
        return []
    return _placed(reliable(_all_findings(spec, folder, known), untrue), positions)


def _all_findings(spec: Spec, folder: FilePath | None, known: Known) -> list[Finding]:
    return findings(spec, known) + (list(_missing_files(spec, folder)) if folder else [])


def _missing_files(spec: Spec, folder: FilePath) -> Iterable[Finding]:
    for key, index, file in spec.extra.named():
        target = folder / file
        if not target.is_file():
            yield Finding(("extra", key, index), f"there is no file {file!r} beside the spec")
        elif not target.resolve().is_relative_to(folder.resolve()):
            yield Finding(("extra", key, index), f"{file!r} leads out of the spec's folder")


def _placed(found: Iterable[Finding], positions: Positions) -> list[Problem]:
    return [positions.problem(one.path, one.message, hint=one.hint, at_key=one.at_key) for one in found]


def _spec_error(file: str, problems: list[Problem]) -> SpecError:
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return SpecError(f"{file} has {count}", problems=problems)
