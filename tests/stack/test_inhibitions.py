"""What holds back what: the inhibitions as generated, by the real Alertmanager; each is broken too, which must show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.stack.alerting import Alerting, alerting
from tests.stack.programs import until
from tests.stack.routing import SPEC, TEXTS, Said, config_of

Change = Callable[[dict[str, Any]], None]
NUMBERS = count()


def with_sentinels(config: dict[str, Any]) -> None:
    """Let one alert hold back another of the same number, and tell nobody: see ``silences``."""
    config["route"]["routes"].insert(0, {"matchers": ['sentinel=~".+"'], "receiver": "nobody"})
    config["inhibit_rules"].append(
        {"source_matchers": ['sentinel="source"'], "target_matchers": ['sentinel="target"'], "equal": ["number"]}
    )


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Alerting]:
    """A running Alertmanager."""
    with alerting(tmp_path, with_sentinels, **SPEC) as running:
        yield running


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
    # a volume that fills has nothing to do with a service that is down
    (("RedisDown", {"severity": "critical", "component": "redis"}),
     ("LokiDiskFilling", {"severity": "warning", "component": "loki"})),
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
    # each upgrade that went wrong is told
    (("UpgradeRolledBack", {"severity": "critical", "component": "ops", "service": "redis"}),
     ("UpgradeRolledBack", {"severity": "warning", "component": "ops", "service": "loki"})),
]  # fmt: skip


def silences(one: Alerting, source: Said, target: Said) -> bool:
    """Whether the target is held back while the source fires.

    Alertmanager takes up what holds back in the order in which it came: once it has taken up a sentinel that came last,
    it has taken up the source.
    """
    number = str(next(NUMBERS))
    one.alert(source[0], TEXTS, **source[1])
    one.alert(target[0], TEXTS, **target[1])
    for role in ("source", "target"):
        one.alert("Sentinel", sentinel=role, number=number)
    until(lambda: one.state("Sentinel", sentinel="target", number=number) == "suppressed", "the sentinel is taken up")
    return one.state(target[0], **target[1]) == "suppressed"


@pytest.mark.parametrize("what", sorted(HOLDS_BACK))
def test_inhibition(one: Alerting, what: str) -> None:
    source, target = HOLDS_BACK[what]
    one.alert(source[0], TEXTS, **source[1])
    one.messages(1)
    assert silences(one, source, target)
    assert len(one.settle()) == 1, "the source alone is told"
    one.over(source[0], TEXTS, **source[1])
    one.messages(2)
    assert one.state(target[0], **target[1]) == "active", "when the source is over, the rest speaks"


@pytest.mark.parametrize("number", range(len(SPEAKS)))
def test_nothing_else_is_held_back(one: Alerting, number: int) -> None:
    assert not silences(one, *SPEAKS[number])
    one.messages(2)


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

    def change(config: dict[str, Any]) -> None:
        BROKEN_INHIBITIONS[what](config)
        with_sentinels(config)

    with alerting(tmp_path, change, **SPEC) as one:
        assert any(differs(one, *pair, held) for pair, held in pairs)


def differs(one: Alerting, source: Said, target: Said, held: bool) -> bool:
    """Whether the target is held back when it must not be, or is not when it must; then both are over."""
    found = silences(one, source, target)
    for name, labels in (source, target):
        one.over(name, TEXTS, **labels)
    return found is not held
