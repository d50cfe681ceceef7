"""Reference pages of the catalogue, made from the blueprints: components and alerts.

The tests compare the committed pages with what these functions give for the example ``sva-studio``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from midwatch.plan.model import Alert, Service
from midwatch.render.tree import Rendered

_MADE = "<!-- Made by midwatch.render.reference; the tests compare. Do not edit. -->"


def components(rendered: Rendered) -> str:
    """The page of the components: image, limits, networks, volumes and exceptions of each."""
    lines = [
        _MADE,
        "# Components",
        "",
        "What the stack consists of, with the images that the blueprints pin. Limits follow from `host:` in the spec",
        "(`midwatch plan`). Every service also has a memory, cpu and pids limit, a reservation, a restart policy, log",
        "rotation, `no-new-privileges` and all capabilities dropped.",
        "",
    ]
    for service in rendered.plan.services:
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
    yield "image", f"`{service.image}`"
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


def alerts(rendered: Rendered) -> str:
    """The page of the alerts, by component."""
    lines = [
        _MADE,
        "# Alerts",
        "",
        "Severity: *critical* pages, *warning* is seen in working hours, *info* is recorded. Threshold, `for` and",
        "severity can be changed, and an alert switched off, under `alerting.overrides` of the spec.",
        "",
    ]
    unique = {alert.name: alert for alert in rendered.alerts.alerts}.values()
    for component in dict.fromkeys(alert.source.split("/")[0] for alert in unique):
        lines += [f"## {component}", ""]
        lines += _alert_rows(alert for alert in unique if alert.source.startswith(f"{component}/"))
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _alert_rows(own: Iterable[Alert]) -> Iterator[str]:
    yield "| alert | severity | for | what it means |"
    yield "|---|---|---|---|"
    for alert in own:
        impact = alert.impact.replace("|", "\\|")
        yield f"| `{alert.name}` | {alert.severity} | {alert.for_} | {impact} |"


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for key, value in rows:
        yield f"| {key} | {value.replace('|', chr(92) + '|')} |"
