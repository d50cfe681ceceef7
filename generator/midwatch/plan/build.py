"""Spec in, plan out: every derived fact, computed once, in pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from midwatch import resources
from midwatch.plan.apps import app_jobs, app_network_key
from midwatch.plan.backup import backups
from midwatch.plan.catalogue import Catalogue, Component, Image, SameImage, ScrapeNeed, load
from midwatch.plan.facts import derive_all, spec_value
from midwatch.plan.guests import guests
from midwatch.plan.instances import Instance, instances
from midwatch.plan.model import AppVolume, Plan, Probe, Published, Reload, Scrape, Secret, Service, Upgrade, Volume
from midwatch.plan.shares import Shares, share
from midwatch.spec.model import Spec


def catalogue() -> Catalogue:
    """The components that ship with midwatch."""
    return load(resources.blueprints() / "stack")


def build(spec: Spec, components: Catalogue | None = None, fragments: Sequence[Mapping[str, object]] = ()) -> Plan:
    """The plan of a spec, with the user's own Compose fragments, whose services and limits take a part of the budget.

    Raises SpecError when the host is too small (and says what would fit).
    """
    cat = components or catalogue()
    wanted = instances(cat.components, spec)
    enabled = {name: one.component for name, one in wanted.items()}
    shares = share(spec, enabled, guests(fragments))
    volumes = {name: _volumes(name, c, shares) for name, c in enabled.items()}
    services = tuple(_service(name, one, spec, enabled, shares, volumes[name]) for name, one in wanted.items())
    used = {network for service in services for network in service.networks}
    return Plan(
        name=spec.name,
        environment=spec.environment,
        spec=spec,
        memory=shares.budgets["memory"],
        cpus=shares.budgets["cpus"],
        disk=shares.budgets["disk"],
        services=services,
        volumes=tuple(volume for own in volumes.values() for volume in own),
        secrets=_secrets(spec, enabled),
        networks={n: {"internal": net.internal, "why": net.why} for n, net in cat.networks.items() if n in used},
        app_networks=tuple(dict.fromkeys(app.network for app in spec.apps if app.network)),
        apps=app_jobs(spec),
        workspace_label=spec.workspace.label,
        workspace_default=spec.workspace.default or spec.name,
        backups=backups(spec.backup),
        app_volumes=tuple(
            AppVolume(f"app_{one.name}", one.name, one.app or "", f"backup-{one.name}", one.exclude)
            for one in spec.backup.volumes
        ),
    )


def _volumes(owner: str, component: Component, shares: Shares) -> tuple[Volume, ...]:
    return tuple(
        Volume(
            need.name,
            owner,
            need.path,
            shares.disk[need.name],
            need.why,
            need.backup,
            not need.backup.startswith("none"),
        )
        for need in component.volumes
    )


def _secrets(spec: Spec, components: Mapping[str, Component]) -> tuple[Secret, ...]:
    readers: dict[str, list[str]] = {}
    unneeded = _unneeded(spec, components)
    for name, component in components.items():
        for secret in component.secrets:
            readers.setdefault(secret, []).append(name)
    return tuple(
        Secret(
            name=need.name,
            file=str(spec_value(spec, need.file_from)) if need.file_from else need.name,
            purpose=need.purpose,
            made=need.made,
            derive=need.derive,
            services=tuple(readers.get(need.name, ())),
            lines=need.lines,
        )
        for component in components.values()
        for need in component.secret_files
        if need.name not in unneeded
    )


def _unneeded(spec: Spec, components: Mapping[str, Component]) -> frozenset[str]:
    """Names of secrets that this spec has no use for."""
    needs = (need for component in components.values() for need in component.secret_files)
    return frozenset(need.name for need in needs if need.when is not None and not spec_value(spec, need.when))


def image_of(name: str, component: Component, spec: Spec, components: Mapping[str, Component]) -> tuple[str, str]:
    """Reference and user of a component's image, after variants, registry mirror and overrides."""
    if isinstance(component.image, SameImage):
        return image_of(component.image.of, components[component.image.of], spec, components)
    image, user = component.image, component.user
    if component.variants:
        chosen = component.variants.get(str(spec_value(spec, component.variants["by"])))
        if chosen is not None:
            image = Image.model_validate(chosen)
            user = image.user or user
    repository, tag = image.repository, image.tag
    if spec.images.registry:
        repository = f"{spec.images.registry.rstrip('/')}/{repository.split('/', 1)[1]}"
    override = spec.images.overrides.get(name)
    digest = ""
    if override is not None:
        repository = override.repository or repository
        tag = override.tag or tag
        digest = f"@{override.digest}" if override.digest else ""
    return f"{repository}:{tag}{digest}", user


def _service(
    name: str,
    instance: Instance,
    spec: Spec,
    enabled: Mapping[str, Component],
    shares: Shares,
    volumes: tuple[Volume, ...],
) -> Service:
    component = instance.component
    image, user = image_of(name, component, spec, enabled)
    memory, cpus = shares.memory[name], shares.cpus[name]
    known: dict[str, float] = {"memory": memory, "cpus": cpus, "apps": len(spec.apps)}
    known |= {f"disk.{volume.name}": volume.size for volume in volumes}
    scrape = component.scrape
    probe = component.probe
    return Service(
        name=name,
        summary=component.summary,
        impact=component.impact,
        image=image,
        user=user,
        memory=memory,
        # With an exact need the minimum is the whole; half of it is what the service surely uses.
        memory_reservation=memory // 2 if component.memory.exact else shares.memory_min[name],
        memory_why=component.memory.why,
        cpus=cpus,
        cpus_reservation=shares.cpus_min[name],
        cpus_why=component.cpus.why,
        pids=component.pids,
        grace=component.grace,
        restart="no" if component.one_shot else component.restart,
        one_shot=component.one_shot,
        read_only=component.read_only,
        networks=component.networks + _where_true(component.networks_if, spec) + _app_networks(component, spec),
        aliases=component.aliases,
        volumes=volumes,
        tmpfs=component.tmpfs,
        files=component.files,
        secrets=tuple(secret for secret in component.secrets if secret not in _unneeded(spec, enabled)),
        ports=tuple(Published(p.name, getattr(spec.ports, p.name), p.container) for p in component.ports),
        cap_add=component.cap_add + _where_true(component.cap_add_if, spec),
        exceptions={
            rule: why
            for rule, why in component.exceptions.items()
            if rule not in component.exceptions_if or spec_value(spec, component.exceptions_if[rule])
        },
        probe=None if probe is None else Probe(**probe.model_dump()),
        stop_signal=component.stop_signal,
        depends_on={other: condition for other, condition in component.depends_on.items() if other in enabled},
        scrape=None if scrape is None else _scrape(name, scrape),
        health=component.health or "",
        upgrade=_upgrade(name, component, enabled),
        reload=Reload(component.reload.hup, component.reload.fresh),
        stops_in=component.stops_in or 0.0,
        facts=derive_all(component.facts, known, spec),
        saves=component.saves or "",
        component=instance.folder,
        item=instance.item,
    )


def _scrape(name: str, need: ScrapeNeed) -> Scrape:
    return Scrape(name, f"{need.host or name}:{need.port}", need.path, need.params)


def _where_true(names: Mapping[str, str], spec: Spec) -> tuple[str, ...]:
    """The names whose spec path is true."""
    return tuple(name for name, path in names.items() if spec_value(spec, path))


def _upgrade(name: str, component: Component, enabled: Mapping[str, Component]) -> Upgrade:
    need, up = component.upgrade, f'up{{job="{name}"}}'
    own = (f"timestamp({up}) > BEGAN and {up} == 1",) if component.scrape else ()
    touched = (name, *(other for other in need.touches if other in enabled))
    return Upgrade(need.within, own + need.signals, need.canary, touched, need.one_way)


def _app_networks(component: Component, spec: Spec) -> tuple[str, ...]:
    if component.app_networks == "none":
        return ()
    wanted = (app for app in spec.apps if app.network and (component.app_networks == "all" or app.redis))
    return tuple(dict.fromkeys(app_network_key(str(app.network)) for app in wanted))
