"""Who is told what: the routes as generated, by the real amtool.

What is expected is written here by hand. Each route is also broken in every way that a slip of the hand would, and one
of the expectations must then fail. Receivers and inhibitions: test_receivers, test_inhibitions.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import build
from tests.conftest import make_spec
from tests.stack.programs import needed
from tests.stack.routing import SPEC, Labels, config_of

OF_SEVERITY = {"critical": "slack-critical", "warning": "slack-warning", "info": "slack-info"}
SPECIAL: list[tuple[Labels, str]] = [
    ({"alertname": "Watchdog", "severity": "info", "component": "prometheus"}, "nobody"),
    ({"alertname": "CriticalUnresolved", "severity": "critical", "escalated": "true", "component": "redis"},
     "slack-escalated"),
    ({"alertname": "PageTest", "severity": "critical", "component": "page-test", "test": "true"}, "slack-critical"),
    ({"alertname": "OwnWithoutSeverity"}, "slack-warning"),
    ({"alertname": "OwnWithAnother", "severity": "page"}, "slack-warning"),
]  # fmt: skip

COMPONENTS = [*(service.name for service in build(make_spec(**SPEC)).services), "host", "till", ""]
USUAL: list[tuple[Labels, str]] = [
    ({"alertname": "TargetDown", "severity": severity, **({"component": name} if name else {})}, receiver)
    for name in COMPONENTS
    for severity, receiver in OF_SEVERITY.items()
]


def routed(config: Path, labels: Labels) -> str:
    """The receivers that amtool names for these labels."""
    words = [f"{key}={value}" for key, value in labels.items()]
    command = [needed("amtool"), "config", "routes", "test", f"--config.file={config}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def written(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "alertmanager.yml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({**config, "templates": []}, file)
    return path


def test_each_severity_of_each_component_reaches_its_receiver(tmp_path: Path) -> None:
    path, wanted = written(tmp_path, config_of()), USUAL + SPECIAL
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: routed(path, one[0]), wanted))
    wrong = [(labels, receiver, got) for (labels, receiver), got in zip(wanted, found, strict=True) if got != receiver]
    assert not wrong


def broken_routes(route: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tree of routes with one thing broken in it, and what that was."""
    if route["receiver"] != "nobody":
        yield "the last resort is nobody", {**route, "receiver": "nobody"}
    for number, one in enumerate(route["routes"]):
        name = f"route {', '.join(one['matchers'])}"
        others = {**OF_SEVERITY, "": "nobody"}.values()
        other = next(receiver for receiver in others if receiver != one["receiver"])
        changes: dict[str, list[dict[str, Any]]] = {
            "left out": [],
            f"leads to {other}": [{**one, "receiver": other}],
            "goes on to the next": [{**one, "continue": True}],
            "takes everything": [{**one, "matchers": ['alertname=~".+"']}],
            "takes nothing": [{**one, "matchers": ['alertname="Nothing"']}],
            "comes last": [],
        }
        for what, instead in changes.items():
            routes = [*route["routes"][:number], *instead, *route["routes"][number + 1 :]]
            yield f"{name} {what}", {**route, "routes": [*routes, one] if what == "comes last" else routes}


def same(what: str) -> bool:
    """Broken routes that mean the same: the last resort is where warnings go anyway, and that route only says it; two
    routes whose alerts do not overlap may change places, and the last has nobody behind it to go on to."""
    return what in {
        'route severity="warning" left out',
        'route severity="warning" takes nothing',
        'route severity="critical" comes last',
        'route severity="warning" comes last',
        'route severity="info" comes last',
        'route severity="critical" goes on to the next',
        'route severity="warning" goes on to the next',
        'route severity="info" goes on to the next',
    }


BROKEN_ROUTES = dict(broken_routes(config_of()["route"]))


@pytest.mark.parametrize("what", sorted(BROKEN_ROUTES))
def test_each_broken_route_is_noticed(tmp_path: Path, what: str) -> None:
    path = written(tmp_path, {**config_of(), "route": BROKEN_ROUTES[what]})
    # The routes ask for no component: that of none stands for all.
    wanted = [one for one in USUAL if "component" not in one[0]] + SPECIAL
    differs = any(routed(path, labels) != receiver for labels, receiver in wanted)
    assert differs is not same(what), "an equivalent that is none: take it off the list" if differs else ""
