"""Renders ``blueprints/project`` by Copier, in memory as far as the caller sees. Copier is imported only here."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from midwatch import resources
from midwatch.cli.origin import requirement
from midwatch.errors import MidwatchError, Problem


def questions() -> tuple[str, ...]:
    """The names of the questions, in the order in which they are asked."""
    from ruamel.yaml import YAML

    raw = YAML(typ="safe").load(resources.blueprints() / "project" / "copier.yml")
    return tuple(key for key in raw if not key.startswith("_"))


def render(folder_name: str, answers: Mapping[str, str], *, defaults: bool) -> dict[str, bytes]:
    """The files of a new project: path -> content. Asks on the terminal unless ``defaults``.

    Raises MidwatchError for an answer that no question takes, or of the wrong form.
    """
    known = questions()
    unknown = [_unknown(key, known) for key in answers if key not in known]
    if unknown:
        raise MidwatchError(
            f"{len(unknown)} of the answers belong{'s' if len(unknown) == 1 else ''} to no question",
            hint=f"the questions: {', '.join(known)}",
            problems=unknown,
        )
    with TemporaryDirectory(prefix="midwatch-init-") as temporary:
        out = Path(temporary) / "project"
        _copy(out, folder_name, answers, defaults)
        return {
            path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
        }


def _unknown(key: str, known: tuple[str, ...]) -> Problem:
    near = get_close_matches(key, known, n=1)
    return Problem(f"unknown question '{key}'", hint=f"did you mean '{near[0]}'?" if near else "")


def _copy(out: Path, folder_name: str, answers: Mapping[str, str], defaults: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About its own settings file and the like; nothing a user could act on.
        from copier import Settings, run_copy
        from copier.errors import CopierError

        from midwatch.spec.checks import NAME, matches, plain

        name = plain(folder_name, "-")
        own = {"name": name} if matches(NAME, name) else {}
        try:
            run_copy(
                str(resources.blueprints() / "project"),
                out,
                data={**answers, "midwatch_requirement": requirement()},
                user_defaults=own,
                defaults=defaults,
                settings=Settings(),
                quiet=True,
            )
        except KeyboardInterrupt:
            raise
        except (CopierError, ValueError) as error:
            # Copier says "Validation error for question 'name': …"; what a person reads is the rest.
            text = str(error).removeprefix("Validation error for question ")
            raise MidwatchError(
                f"the answer cannot be used: {text}", hint="see --data in 'midwatch init --help'"
            ) from None
