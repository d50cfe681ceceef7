"""The components: one folder each under ``blueprints/stack``, described by its ``component.yaml``.

Nothing else in the code names a component. To add one, add a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from midwatch.errors import BlueprintError
from midwatch.plan.yamlfile import read_yaml
from midwatch.spec.quantity import parse_duration, parse_size

Size = Annotated[int, BeforeValidator(parse_size)]
Duration = Annotated[int, BeforeValidator(parse_duration)]


_Model = TypeVar("_Model", bound=BaseModel)


class Part(BaseModel):
    """Base of all parts of a component: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Derived(Part):
    """A number that follows from another: ``of * times + plus``, between ``min`` and ``max``, then rounded down.

    ``of`` is ``memory``, ``cpus``, ``disk.<volume>``, ``apps`` (their number), ``facts.<name>`` (of the same
    component) or ``spec.<dotted path>``. The result is a whole number, in bytes unless the component says otherwise.
    """

    of: str
    times: float = 1.0
    plus: Size = 0
    min: Size = 0
    max: Size | None = None
    round: Literal["one", "KiB", "MiB", "GiB"] = "one"


class Need(Part):
    """What a component needs of one resource; ``exact`` wins over the rest."""

    min: Size = 0
    per_app: Size = 0
    weight: float = 1.0
    max: Size | None = None
    exact: Derived | None = None
    why: str


class CpuNeed(Part):
    """Cores that a component needs."""

    min: float
    per_app: float = 0.0
    weight: float = 1.0
    max: float
    why: str


class Image(Part):
    """Repository and tag; a variant may bring another user."""

    repository: str
    tag: str
    user: str | None = None


class SameImage(Part):
    """The image of another component, whatever the spec makes of that one."""

    of: str


class VolumeNeed(Part):
    """A named volume of a component."""

    name: str
    path: str
    disk: Need
    backup: str
    why: str


class SecretFile(Part):
    """A file in ``secrets/`` that the component needs to exist."""

    name: str
    made: Literal["random", "asked", "derived"]
    purpose: str
    lines: bool = False
    """Whether it may have several lines and spaces, as a key file has."""
    derive: str = ""
    file_from: str | None = None
    """Dotted spec path that names the file, where the user may choose it."""
    when: str | None = None
    """Dotted spec path; where it is empty or false nobody needs the secret."""


class PortNeed(Part):
    """A port to publish on 127.0.0.1; ``name`` is a key of ``spec.ports``."""

    name: str
    container: int


class ProbeNeed(Part):
    """The health check."""

    test: tuple[str, ...]
    interval: str = "10s"
    timeout: str = "5s"
    retries: int = 3
    start_period: str = "30s"


class ScrapeNeed(Part):
    """Where Prometheus finds the component's metrics."""

    port: int
    path: str = "/metrics"
    host: str | None = None
    params: Mapping[str, str] = Field(default_factory=dict)
    """Of the query: an exporter that asks for others is told whom."""


class Known(Part):
    """One line of docs/reference/compatibility.md: what of a component other versions understand, and who says so."""

    what: str
    says: str
    source: Annotated[str, Field(pattern=r"^https://")]


class UpgradeNeed(Part):
    """What `ops upgrade` has to know of a component."""

    within: Duration = 180
    """Until then it is healthy and its signals flow, or it is rolled back."""
    signals: tuple[str, ...] = ()
    """PromQL that gives something once they flow again, beside its own scrape; BEGAN: Unix time of its start."""
    canary: bool = False
    """Whether the canary's probes go through it."""
    touches: tuple[str, ...] = ()
    """Components whose alerts may fire meanwhile."""
    one_way: str = ""
    """What going back to an older version may cost; empty when the older image reads what the newer one wrote."""
    known: tuple[Known, ...] = ()


class ReloadNeed(Part):
    """What `ops reload` has to know of a component."""

    hup: bool = False
    """Whether SIGHUP makes it read all its files anew."""
    fresh: tuple[str, ...] = ()
    """Paths in its `files` that it reads at each use, or not at all: what changes there needs no restart."""


class Component(Part):
    """One component.yaml. Field meanings: CONTRIBUTING.md, "Add a component"."""

    summary: str
    impact: str
    guards: Literal["blocker-1", "blocker-2", "blocker-4", "blocker-5", "warning-2", "strength-1"] = "warning-2"
    """The line of the review that is open without it."""
    image: Image | SameImage
    variants: Mapping[str, Any] = Field(default_factory=dict)
    user: str
    memory: Need
    cpus: CpuNeed
    pids: int
    grace: Duration
    stops_in: Annotated[float, Field(gt=0)] | None = None
    """Seconds that it took to stop in the lab, under load, at most; a third of the grace is the most that it may be."""
    stop_signal: str = ""
    restart: str = "unless-stopped"
    one_shot: bool = False
    read_only: bool = True
    tmpfs: tuple[str, ...] = ()
    networks: tuple[str, ...]
    networks_if: Mapping[str, str] = Field(default_factory=dict)
    """Network -> dotted spec path that must be true to join it."""
    app_networks: Literal["none", "all", "redis"] = "none"
    aliases: tuple[str, ...] = ()
    volumes: tuple[VolumeNeed, ...] = ()
    secrets: tuple[str, ...] = ()
    """Those whose file the spec does not need are left out."""
    secret_files: tuple[SecretFile, ...] = ()
    files: Mapping[str, str] = Field(default_factory=dict)
    ports: tuple[PortNeed, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_add_if: Mapping[str, str] = Field(default_factory=dict)
    """Capability -> dotted spec path that must be true for it to be given."""
    exceptions: Mapping[str, str] = Field(default_factory=dict)
    exceptions_if: Mapping[str, str] = Field(default_factory=dict)
    """Rule among ``exceptions`` -> dotted spec path that must be true for the exception to be made."""
    probe: ProbeNeed | None = None
    depends_on: Mapping[str, str] = Field(default_factory=dict)
    scrape: ScrapeNeed | None = None
    health: Annotated[str, Field(pattern=r"^(http|tcp)://")] | None = None
    """What blackbox_exporter probes from outside: `http://loki:3100/ready` or `tcp://redis:6379`."""
    facts: Mapping[str, Derived] = Field(default_factory=dict)
    saves: str | None = None
    """For a backup sidecar: the component whose data it saves."""
    upgrade: UpgradeNeed = UpgradeNeed()
    reload: ReloadNeed = ReloadNeed()
    when: str | None = None
    foreach: str | None = None
    """Dotted path of a list of the spec: one service for each item, with its `name` for ``{item}`` in every text."""
    called: str = ""
    """Name of such a service: ``backup-{item}``."""

    @model_validator(mode="after")
    def _grace_is_ample(self) -> Self:
        if self.stops_in is not None and 3 * self.stops_in > self.grace:
            raise ValueError(f"grace: {self.grace} s is less than three times stops_in, {self.stops_in:g} s")
        return self

    @model_validator(mode="after")
    def _fresh_is_mounted(self) -> Self:
        for path in self.reload.fresh:
            if not any(path == file or path.startswith(f"{file}/") for file in self.files):
                raise ValueError(f"reload.fresh: {path} is in none of files")
        return self


class Network(Part):
    """One network of the stack (``_stack/networks.yaml``)."""

    internal: bool
    why: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All components by name (alphabetical), the networks, and the folder they come from."""

    folder: Path
    components: Mapping[str, Component]
    networks: Mapping[str, Network]

    def image(self, name: str) -> Image:
        """The image of a component before the spec changes it, also where it is that of another component."""
        image = self.components[name].image
        return self.image(image.of) if isinstance(image, SameImage) else image

    def hosts(self) -> frozenset[str]:
        """What answers on a network of those that join the applications' networks: there a name would be two."""
        every = self.components.values()
        networks = {network for one in every if one.app_networks == "all" for network in one.networks}
        return frozenset(
            host
            for name, one in self.components.items()
            if networks.intersection(one.networks) and not one.one_shot and not one.foreach
            for host in (name, *one.aliases)
        )

    def alert_names(self) -> frozenset[str]:
        """Names of all alerts, whether or not a plan has them switched on."""
        return frozenset(
            path.name.split(".")[0] for name in self.components for path in (self.folder / name / "alerts").glob("*.md")
        )


def _validated(model: type[_Model], data: object, path: Path) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BlueprintError(f"{path}: {lines}") from error


@cache
def load(folder: Path) -> Catalogue:
    """Read all components of a blueprint folder (``blueprints/stack``).

    Raises BlueprintError that names the file and the key when one is malformed.
    """
    components = {
        path.parent.name: _validated(Component, read_yaml(path), path)
        for path in sorted(folder.glob("[!_]*/component.yaml"))
    }
    path = folder / "_stack" / "networks.yaml"
    networks = {name: _validated(Network, data, path) for name, data in read_yaml(path).items()}
    return Catalogue(folder, components, networks)
