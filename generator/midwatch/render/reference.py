"""Reference pages of the catalogue, made from the blueprints: components and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from midwatch.plan.build import catalogue
from midwatch.plan.model import Alert, Service
from midwatch.render.environment import for_any
from midwatch.render.tree import Rendered, render_all
from midwatch.spec.model import Spec


@cache
def _example() -> Rendered:
    """A stack with one app and a volume of it: what there is to document does not depend on the host."""
    app = {"name": "app", "port": 8080, "health": "/health", "network": "app_default", "redis": True}
    spec = {
        "name": "stack",
        "alerting": {"slack": {"channel": "#alerts"}},
        "apps": [app],
        "backup": {"volumes": [{"name": "app_uploads", "app": "app"}]},
    }
    return render_all(Spec.model_validate(spec))


def components() -> str:
    """``docs/reference/components.md``: image, user, networks, volumes and exceptions of each component."""
    lines = [
        "# Components",
        "",
        "What the stack consists of, with the images that were tested; written by `make docs`. Other images:",
        "[a mirror, another tag](../how-to/use-a-mirror.md). What each gets of your host: `midwatch plan`. Every",
        "service also has limits and reservations, a restart policy, log rotation, `no-new-privileges`, a read-only",
        "root and all capabilities dropped; what differs is named as an exception. The app here is an example.",
        "",
    ]
    for service in _example().plan.services:
        lines += _component(service)
    return "\n".join(lines).rstrip("\n") + "\n"


def _component(service: Service) -> Iterator[str]:
    yield f"## {service.name}"
    yield ""
    yield f"{service.summary}."
    yield ""
    yield from _table(_facts(service))
    yield ""


def _facts(service: Service) -> Iterator[tuple[str, str]]:
    yield "image", ", ".join(f"`{image}`" for image in (service.image, *_variants(service.component)))
    yield "user", f"`{service.user}`"
    yield "memory", service.memory_why
    yield "cpus", service.cpus_why
    yield "networks", ", ".join(f"`{network}`" for network in service.networks)
    if service.ports:
        yield "on 127.0.0.1", ", ".join(f"`{port.host}` ({port.name})" for port in service.ports)
    if service.scrape:
        yield "metrics", f"job `{service.scrape.job}`: `{service.scrape.target}{service.scrape.path}`"
    if service.health:
        yield "probed from outside", f"`{service.health}`"
    for volume in service.volumes:
        yield f"volume `{volume.name}`", f"{volume.why}; backup: {volume.backup}"
    for rule, why in service.exceptions.items():
        yield f"exception `{rule}`", why


def _variants(name: str) -> Iterator[str]:
    for key, variant in catalogue().components[name].variants.items():
        if key != "by":
            yield f"{variant['repository']}:{variant['tag']}"


def alerts() -> str:
    """``docs/reference/alerts.md``: every alert, by component."""
    lines = [
        "# Alerts",
        "",
        "Written by `make docs`. Severity: *critical* pages, *warning* is seen in working hours, *info* is recorded.",
        "Threshold, `for` and severity can be changed, and an alert switched off, under `alerting.overrides` of the",
        "spec: [change an alert](../how-to/change-an-alert.md). A threshold in the spec has the unit that stands here;",
        "a *ratio* is above 0 and at most 1; of a disk, memory or a queue it is the part that is used. One that",
        "follows from the plan is that of a host of the default size.",
        "",
        "Two come from `./ops` on the host and not from a rule: `UpgradeRolledBack` (warning; critical where the",
        "way back failed too; runbook `upgrade`) and `PageTest` (`./ops page-test`; runbook `on-call-start`).",
        "",
    ]
    every = _example().alerts.alerts
    unique = {alert.name: alert for alert in every}.values()
    for component in dict.fromkeys(alert.source.split("/")[0] for alert in unique):
        lines += [f"## {component}", ""]
        own = [alert for alert in unique if alert.source.startswith(f"{component}/")]
        lines += _alert_rows(own, every)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _alert_rows(own: Iterable[Alert], every: Sequence[Alert]) -> Iterator[str]:
    yield "| alert | severity | for | threshold | unit | what it means |"
    yield "|---|---|---|---|---|---|"
    for alert in own:
        impact = for_any(one.impact for one in every if one.name == alert.name).replace("|", "\\|")
        threshold = "" if alert.threshold is None else f"{alert.threshold:,g}".replace(",", " ")
        cells = (
            f"`{alert.name}`",
            alert.severity,
            alert.for_,
            threshold,
            alert.unit,
            impact or "Depends on the service.",
        )
        yield f"| {' | '.join(cells)} |"


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for key, value in rows:
        yield f"| {key} | {value.replace('|', chr(92) + '|')} |"
