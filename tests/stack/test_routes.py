"""Who is told what: routes, receivers and inhibitions as generated, by the real Alertmanager and amtool.

What is expected is written here by hand. Each route, receiver and inhibition is also broken in every way that a slip of
the hand would, and one of the expectations must then fail.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import build
from midwatch.render.tree import render
from tests.conftest import make_spec
from tests.stack.alerting import Alerting, alerting
from tests.stack.programs import needed

SPEC: dict[str, Any] = {
    "name": "shop",
    "redis": {"use": "sessions"},
    "apps": [{"name": "till", "port": 3000, "health": "/health"}],
    "alerting": {
        "slack": {"channel": "#all", "channels": {"critical": "#night", "info": "#log"}, "mention": "<!here>"},
        "escalation": {"channel": "#boss", "after": "15m", "mention": "<!subteam^S1>"},
    },
}
TEXTS = {"summary": "Redis is down", "impact": "Sessions are at risk", "action": "docker compose up -d redis"}
Labels = dict[str, str]
Said = tuple[str, Labels]

OF_SEVERITY = {"critical": "slack-critical", "warning": "slack-warning", "info": "slack-info"}
CHANNELS = {"slack-critical": "#night", "slack-warning": "#all", "slack-info": "#log", "slack-escalated": "#boss"}
SPECIAL: list[tuple[Labels, str]] = [
    ({"alertname": "Watchdog", "severity": "info", "component": "prometheus"}, "nobody"),
    ({"alertname": "CriticalUnresolved", "severity": "critical", "escalated": "true", "component": "redis"},
     "slack-escalated"),
    ({"alertname": "PageTest", "severity": "critical", "component": "page-test", "test": "true"}, "slack-critical"),
    ({"alertname": "OwnWithoutSeverity"}, "slack-warning"),
    ({"alertname": "OwnWithAnother", "severity": "page"}, "slack-warning"),
]  # fmt: skip


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Alerting]:
    """A running Alertmanager."""
    with alerting(tmp_path, **SPEC) as running:
        yield running


def config_of(spec: dict[str, Any] = SPEC) -> dict[str, Any]:
    """The generated configuration."""
    text = render(make_spec(**spec))["alertmanager/alertmanager.yml"].data.decode()
    config: dict[str, Any] = YAML(typ="safe").load(text)
    return config


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


# An alert for each receiver, and what is then read in Slack: channel, mention that rings, title.
ALERTS: dict[str, Said] = {
    "slack-critical": ("RedisDown", {"severity": "critical", "component": "redis"}),
    "slack-warning": ("LokiSlow", {"severity": "warning", "component": "loki"}),
    "slack-info": ("HostInfo", {"severity": "info", "component": "node-exporter"}),
    "slack-escalated": ("CriticalUnresolved", {"severity": "critical", "component": "prometheus", "escalated": "true"}),
}
Told = set[tuple[str, str, str]]
FIRING: Told = {
    ("#night", "<!here>", "🔴 CRITICAL shop/production: RedisDown"),
    ("#all", "", "🟡 WARNING shop/production: LokiSlow"),
    ("#log", "", "🔵 INFO shop/production: HostInfo"),
    ("#boss", "<!subteam^S1>", "🔴 CRITICAL shop/production: CriticalUnresolved"),
}
RESOLVED: Told = {
    ("#night", "", "✅ RESOLVED shop/production: RedisDown"),
    ("#all", "", "✅ RESOLVED shop/production: LokiSlow"),
    ("#log", "", "✅ RESOLVED shop/production: HostInfo"),
    ("#boss", "", "✅ RESOLVED shop/production: CriticalUnresolved"),
}
Change = Callable[[dict[str, Any]], None]


def told(folder: Path, change: Change = lambda _: None, seconds: float = 20) -> Told:
    """What is read in Slack when these alerts fire and then end; waited for so long at most."""
    folder.mkdir(exist_ok=True)
    with alerting(folder, change, **SPEC) as one:
        for ends, wanted in ((False, FIRING), (True, FIRING | RESOLVED)):
            for name, labels in ALERTS.values():
                one.alert(name, {**TEXTS, "summary": name}, ends=ends, **labels)
            end = time.monotonic() + seconds
            while not wanted <= heard(one) and time.monotonic() < end:
                time.sleep(0.1)
            if not wanted <= heard(one):
                break
        return heard(one)


def heard(one: Alerting) -> Told:
    return {
        (message.channel, message.text.partition(" ")[0] if message.text.startswith("<!") else "", part.title)
        for message in one.sink.messages
        for part in message.attachments
    }


def test_each_receiver_is_told_and_told_when_it_is_over(tmp_path: Path) -> None:
    assert told(tmp_path) == FIRING | RESOLVED


def broken_receivers() -> Iterator[tuple[str, Change]]:
    """One thing broken in the Slack of one receiver, or the whole of it left out."""
    for name in CHANNELS:
        for key, value in (("channel", "#elsewhere"), ("send_resolved", False), ("title", "?"), ("message_text", "?")):

            def change(config: dict[str, Any], name: str = name, key: str = key, value: object = value) -> None:
                slack_of(config, name)[0][key] = value

            yield f"{name}: {key}", change

        def leave_out(config: dict[str, Any], name: str = name) -> None:
            slack_of(config, name).clear()

        yield f"{name}: left out", leave_out


def slack_of(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(one["slack_configs"] for one in config["receivers"] if one["name"] == name)
    return found


def test_each_broken_receiver_is_noticed(tmp_path: Path) -> None:
    """Several at once, since each waits for messages that do not come. A receiver that does not ring has no use for a
    text that would."""
    changes = {what: change for what, change in broken_receivers() if not rings_not(what)}
    with ThreadPoolExecutor(4) as pool:
        found = dict(
            pool.map(lambda one: (one[0], told(tmp_path / one[0].replace(": ", "-"), one[1], 6)), changes.items())
        )
    assert [what for what, heard in found.items() if heard == FIRING | RESOLVED] == []


def rings_not(what: str) -> bool:
    return what in ("slack-warning: message_text", "slack-info: message_text")


ESCALATED = {"severity": "critical", "escalated": "true"}
UNDELIVERED = {"severity": "critical", "component": "otel-collector"}
# source, then target: (alert, labels); each pair is one reason to be silent
HOLDS_BACK: dict[str, tuple[Said, Said]] = {
    "a critical alert silences the lesser of its component": (
        ("RedisDown", {"severity": "critical", "component": "redis"}),
        ("RedisSaveTooOld", {"severity": "warning", "component": "redis"}),
    ),
    "a service that is down silences what Docker says of it": (
        ("TargetDown", {"severity": "critical", "component": "loki"}),
        ("ContainerUnhealthy", {"severity": "critical", "component": "loki"}),
    ),
    "a service that is down silences what the probe says of it": (
        ("TargetDown", {"severity": "critical", "component": "loki"}),
        ("ServiceProbeFailing", {"severity": "critical", "component": "loki"}),
    ),
    "Loki's end silences that nothing can be delivered to it": (
        ("TargetDown", {"severity": "critical", "component": "loki"}),
        ("CollectorNotDelivering", {**UNDELIVERED, "exporter": "otlp_http/loki"}),
    ),
    "an escalated service that is down silences its escalated symptoms": (
        ("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "TargetDown"}),
        ("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "ContainerUnhealthy"}),
    ),
    "the host's full disk silences that volumes fill": (
        ("HostDiskCritical", {"severity": "critical", "component": "node-exporter"}),
        ("LokiDiskFilling", {"severity": "warning", "component": "loki"}),
    ),
}
# not to be silenced by what fires beside it
SPEAKS: list[tuple[Said, Said]] = [
    (("RedisDown", {"severity": "critical", "component": "redis"}),
     ("LokiSlow", {"severity": "warning", "component": "loki"})),
    (("RedisDown", {"severity": "critical", "component": "redis"}),
     ("RedisRdbFailing", {"severity": "critical", "component": "redis"})),
    (("Own", {"severity": "critical"}), ("OwnToo", {"severity": "warning"})),
    (("TargetDown", {"severity": "critical", "component": "loki"}),
     ("CollectorNotDelivering", {**UNDELIVERED, "exporter": "otlp_http/prometheus"})),
    (("HostDiskCritical", {"severity": "critical", "component": "node-exporter"}),
     ("LokiDiskFull", {"severity": "critical", "component": "loki"})),
    # an alert of another service is no symptom
    (("TargetDown", {"severity": "critical", "component": "loki"}),
     ("ContainerUnhealthy", {"severity": "critical", "component": "redis"})),
    (("TargetDown", {"severity": "critical", "component": "redis"}),
     ("CollectorNotDelivering", {**UNDELIVERED, "exporter": "otlp_http/loki"})),
    (("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "TargetDown"}),
     ("CriticalUnresolved", {**ESCALATED, "component": "redis", "unresolved": "ContainerUnhealthy"})),
    (("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "TargetDown"}),
     ("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "LokiDiskFull"})),
    (("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "LokiRequestErrors"}),
     ("CriticalUnresolved", {**ESCALATED, "component": "loki", "unresolved": "ContainerUnhealthy"})),
    # what is less than the end of a service explains nothing
    (("ReplicaDown", {"severity": "warning", "component": "loki"}),
     ("ContainerUnhealthy", {"severity": "critical", "component": "loki"})),
    (("LokiSlow", {"severity": "warning", "component": "loki"}),
     ("CollectorNotDelivering", {**UNDELIVERED, "exporter": "otlp_http/loki"})),
    # what is critical, or says nothing of how bad it is, is told beside a disk or a service that is lost
    (("HostDiskCritical", {"severity": "critical", "component": "node-exporter"}),
     ("PrometheusVolumeFilling", {"severity": "critical", "component": "prometheus"})),
    (("RedisDown", {"severity": "critical", "component": "redis"}), ("Own", {"component": "redis"})),
    (("Own", {"component": "redis"}), ("RedisSaveTooOld", {"severity": "warning", "component": "redis"})),
    (("TargetDown", {"severity": "critical", "component": "loki"}),
     ("CollectorQueueNearlyFull", {**UNDELIVERED, "severity": "warning", "exporter": "otlp_http/loki"})),
    (("HostDiskCritical", {"severity": "critical", "component": "node-exporter"}),
     ("LokiSlow", {"severity": "warning", "component": "loki"})),
    (("TargetDown", {"severity": "critical", "component": "loki"}), ("ContainerOwn", {"component": "loki"})),
]  # fmt: skip


def silences(one: Alerting, source: Said, target: Said, expected: bool) -> bool:
    """Whether the target is held back while the source fires. What is expected gets some time to come about; what is
    not, a moment to show."""
    one.alert(source[0], TEXTS, **source[1])
    one.alert(target[0], TEXTS, **target[1])
    time.sleep(0.3)
    end = time.monotonic() + (5 if expected else 0)
    while (held := one.state(target[0]) == "suppressed") is not expected and time.monotonic() < end:
        time.sleep(0.1)
    return held


@pytest.mark.parametrize("what", sorted(HOLDS_BACK))
def test_inhibition(one: Alerting, what: str) -> None:
    source, target = HOLDS_BACK[what]
    one.alert(source[0], TEXTS, **source[1])
    one.messages(1)
    assert silences(one, source, target, expected=True)
    assert len(one.settle()) == 1, "the source alone is told"
    one.alert(source[0], TEXTS, ends=True, **source[1])
    one.messages(2)
    assert one.state(target[0]) == "active", "when the source is over, the rest speaks"


@pytest.mark.parametrize("number", range(len(SPEAKS)))
def test_nothing_else_is_held_back(one: Alerting, number: int) -> None:
    assert not silences(one, *SPEAKS[number], expected=False)
    assert len(one.settle()) == 2


def broken_inhibitions() -> Iterator[tuple[str, Change]]:
    """Each inhibition left out, and with each of its conditions left out."""
    for number, rule in enumerate(config_of()["inhibit_rules"]):

        def leave_out(config: dict[str, Any], number: int = number) -> None:
            config["inhibit_rules"].pop(number)

        yield f"inhibition {number} left out", leave_out
        for key in ("source_matchers", "target_matchers", "equal"):
            for place, what in enumerate(rule.get(key, [])):

                def change(config: dict[str, Any], number: int = number, key: str = key, place: int = place) -> None:
                    config["inhibit_rules"][number][key].pop(place)

                yield f"inhibition {number}: {key} without {what}", change


# The same with and without: what has no component equals nothing that has one, and the other side asks for one.
SAME = {
    'inhibition 0: source_matchers without component=~".+"',
    'inhibition 0: target_matchers without component=~".+"',
}
BROKEN_INHIBITIONS = {what: change for what, change in broken_inhibitions() if what not in SAME}


@pytest.mark.parametrize("what", sorted(BROKEN_INHIBITIONS))
def test_each_broken_inhibition_is_noticed(tmp_path: Path, what: str) -> None:
    """A pair of the lists above is then held back that must not be, or is not that must be."""
    pairs = [(pair, True) for pair in HOLDS_BACK.values()] + [(pair, False) for pair in SPEAKS]
    with alerting(tmp_path, BROKEN_INHIBITIONS[what], **SPEC) as one:
        assert any(differs(one, *pair, held) for pair, held in pairs)


def differs(one: Alerting, source: Said, target: Said, held: bool) -> bool:
    """Whether the target is held back when it must not be, or is not when it must; then both are over."""
    found = silences(one, source, target, held)
    for name, labels in (source, target):
        one.alert(name, TEXTS, ends=True, **labels)
    return found is not held
