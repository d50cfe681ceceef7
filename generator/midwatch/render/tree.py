"""Plan in, tree out: every file of the project, in memory.

Each template of a component's folder becomes a file of the same name in the project. A name with ``__component__``
is rendered once per component that has alerts, one with ``__alert__`` once per alert. ``_stack`` holds the files that
belong to the whole. Nothing here names a component.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from midwatch import __version__, resources
from midwatch.plan.build import build
from midwatch.plan.model import Alert, Plan
from midwatch.render import fragment
from midwatch.render.alerts import AlertCatalogue, load
from midwatch.render.environment import environment, render_template
from midwatch.render.extra import Extras, merge_extras
from midwatch.render.language import chosen, speaker
from midwatch.render.links import linked
from midwatch.render.model import File, Tree
from midwatch.render.words import in_words
from midwatch.spec.model import Spec

if TYPE_CHECKING:
    from jinja2 import Environment

_NOT_OUTPUT = re.compile(r"component(\.[a-z]{2})?\.yaml|service\.yaml\.jinja|metrics\.txt|networks\.yaml")
_NOT_ENTERED = frozenset({"alerts", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """The tree and what it was made from."""

    tree: Tree
    plan: Plan
    alerts: AlertCatalogue


def render(spec: Spec, extras: Extras | None = None) -> Tree:
    """All generated files of a spec. Raises SpecError (host too small) or BlueprintError (ours)."""
    return render_all(spec, extras).tree


def render_all(spec: Spec, extras: Extras | None = None) -> Rendered:
    """Like :func:`render`, with the plan and the alerts."""
    folder = resources.blueprints() / "stack"
    plan = build(spec, fragments=extras.guests() if extras else ())
    env = environment(folder)
    context: dict[str, Any] = {
        "plan": plan,
        "spec": spec,
        "services": {service.name: service for service in plan.services},
        "version": __version__,
        "say": speaker(spec.runbooks.language),
    }
    words = in_words(plan, folder, spec.runbooks.language)
    own_words = {"plan": words, "services": {service.name: service for service in words.services}}
    catalogue = load(env, folder, words, {**context, **own_words})
    context |= {"alerts": catalogue.alerts, "disabled": catalogue.disabled}
    context["fragments"] = {
        service.name: fragment.split(
            render_template(env, f"{service.component}/service.yaml.jinja", {**context, "service": service})
        )
        for service in plan.services
    }
    context["users"] = fragment.users(plan.services, context["fragments"])
    tree: dict[str, File] = {}
    for service in plan.services:
        for path, name in chosen(_files(folder / service.component), spec.runbooks.language):
            own = {**context, "service": service}
            tree |= _outputs(env, folder, path, PurePosixPath(service.component), name, own, catalogue.alerts)
    for path, name in chosen(_files(folder / "_stack"), spec.runbooks.language):
        # Pages, and what scripts say, are for people and in their language.
        own = {**context, **own_words} if ".md" in name or ".sh" in name else context
        tree |= _outputs(env, folder, path, PurePosixPath(), name, own, catalogue.alerts)
    tree = dict(linked(tree))
    if extras is not None:
        tree = dict(merge_extras(tree, extras))
    return Rendered(dict(sorted(tree.items())), plan, catalogue)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in _NOT_ENTERED:
                yield from _files(path)
        elif not _NOT_OUTPUT.fullmatch(path.name) and (not path.name.startswith("_") or path.name.startswith("__")):
            yield path


def _outputs(
    env: Environment,
    folder: Path,
    path: Path,
    below: PurePosixPath,
    name: str,
    context: Mapping[str, Any],
    alerts: Sequence[Alert],
) -> dict[str, File]:
    source = path.relative_to(folder)
    target = below.joinpath(*source.parts[1:-1], name).as_posix()
    if path.suffix != ".jinja":
        return {target: _file(path.read_bytes())}
    target = target.removesuffix(".jinja")
    made: dict[str, File] = {}
    for instance, more in _instances(target, alerts):
        text = render_template(env, source.as_posix(), {**context, **more})
        # A template may be for some specs only.
        if text.strip():
            made[instance] = _file(text.encode())
    return made


def _instances(target: str, alerts: Sequence[Alert]) -> Iterator[tuple[str, dict[str, Any]]]:
    """File name and extra context of each file that one template gives."""
    if "__component__" in target:
        for component in dict.fromkeys(alert.component for alert in alerts):
            own = tuple(alert for alert in alerts if alert.component == component)
            yield target.replace("__component__", component), {"component": component, "alerts": own}
    elif "__alert__" in target:
        for alert in {alert.name: alert for alert in reversed(alerts)}.values():
            yield target.replace("__alert__", alert.name), {"alert": alert}
    else:
        yield target, {}


def _file(data: bytes) -> File:
    return File(data, executable=data.startswith(b"#!"))
