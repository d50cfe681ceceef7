"""What the blueprints know about programs: which metrics a job exports, which networks are meant to be open.

Rules work on any stack; a component that the catalogue does not know is simply not judged by these facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midwatch.check.finding import Blocker
from midwatch.check.record import Record, parse_record
from midwatch.errors import BlueprintError
from midwatch.plan.facts import spec_value
from midwatch.resources import blueprints

if TYPE_CHECKING:
    from midwatch.spec.model import Spec

SHELL_LESS = (
    "otel/opentelemetry-collector",
    "grafana/loki",
    "gcr.io/distroless/",
    "tecnativa/docker-socket-proxy-scratch",
)
"""Image repositories (without registry) that have no shell and no userland, whatever the tag."""
SHELL_LESS_UNLESS_ALPINE = ("oliver006/redis_exporter",)


@dataclass(frozen=True, slots=True)
class Known:
    """One component of the catalogue. ``metrics`` is None where nothing was recorded."""

    name: str
    scraped: bool
    metrics: Record | None
    derived_secrets: Mapping[str, str]
    foreach: str = ""
    """Of one with a service for each item of a list: that list's path in the spec."""
    called: str = ""
    """The names of those services, with ``{item}``."""
    impact: str = ""
    """What is lost while it is away."""
    guards: Blocker = Blocker.SILENT_FAILURE
    """The line of the review that is open without it."""


def has_no_shell(repository: str, tag: str) -> bool:
    """Whether an image is known to have no shell."""
    if any(name in repository for name in SHELL_LESS):
        return True
    return "alpine" not in tag and any(name in repository for name in SHELL_LESS_UNLESS_ALPINE)


@cache
def components() -> Mapping[str, Known]:
    """Every component by name; empty when there are no blueprints."""
    try:
        folder = blueprints() / "stack"
    except BlueprintError:
        return {}
    return {path.parent.name: _known(path) for path in sorted(folder.glob("[!_]*/component.yaml"))}


def serves(service: str, spec: Spec | None) -> str:
    """Name of the component that a service is made from: its own, or of one that gives many; empty for a stranger."""
    known = components()
    if service in known:
        return service
    for one in known.values() if spec else ():
        items: Any = spec_value(spec, one.foreach) if spec and one.foreach else ()
        if any(one.called.replace("{item}", item.name) == service for item in items):
            return one.name
    return ""


@cache
def open_networks() -> frozenset[str]:
    """Networks that the blueprints open to the outside on purpose."""
    try:
        networks = _yaml(blueprints() / "stack" / "_stack" / "networks.yaml")
    except BlueprintError:
        return frozenset()
    return frozenset(
        name for name, network in networks.items() if isinstance(network, dict) and network.get("internal") is False
    )


def derived_placeholder(secret: str, value: str) -> str | None:
    """A derived secret (access rules, say) made by its real template from a value that is none; None if not derived."""
    from midwatch.secrets.derive import DERIVATIONS

    for component in components().values():
        if derivation := DERIVATIONS.get(component.derived_secrets.get(secret, "")):
            return derivation.make(dict.fromkeys((*derivation.needs, *derivation.takes), value))
    return None


def _known(path: Path) -> Known:
    data = _yaml(path)
    secrets = data.get("secret_files")
    recorded = path.with_name("metrics.txt")
    metrics = parse_record(recorded.read_text("utf-8"), str(recorded)) if recorded.is_file() else None
    return Known(
        path.parent.name,
        bool(data.get("scrape")),
        metrics or None,
        {
            str(item["name"]): str(item.get("derive") or "")
            for item in (secrets if isinstance(secrets, list) else [])
            if isinstance(item, dict)
        },
        str(data.get("foreach") or ""),
        str(data.get("called") or ""),
        str(data.get("impact") or ""),
        Blocker(data.get("guards") or Blocker.SILENT_FAILURE),
    )


def _yaml(path: Path) -> dict[str, Any]:
    """A mapping of the blueprints, {} for anything that is not there or not right: its own tests judge that."""
    from midwatch.check.document import parse

    try:
        data = parse(path.name, path.read_bytes()).data
    except OSError:
        return {}
    return data if isinstance(data, dict) else {}
