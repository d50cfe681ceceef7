"""The plan: every derived fact agrees with what it follows from."""

from __future__ import annotations

import re
from typing import Any

import pytest

from midwatch.errors import SpecError
from midwatch.plan.build import build
from midwatch.plan.model import Plan
from midwatch.spec.quantity import parse_size
from tests.conftest import make_spec

MIB = 1024**2
HOSTS = [
    {"cpus": 2, "memory": "2GiB", "disk": "20GiB"},
    {"cpus": 4, "memory": "8GiB", "disk": "80GiB"},
    {"cpus": 16, "memory": "64GiB", "disk": "2048GiB"},
]
SMALL_REDIS = {"memory": "32MiB"}


def plan_of(**changes: Any) -> Plan:
    return build(make_spec(redis=SMALL_REDIS, **changes))


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host["memory"])
def test_limits_fit_the_budget(host: dict[str, Any]) -> None:
    plan = plan_of(host=host)
    spec = plan.spec
    assert sum(service.memory for service in plan.services) + plan.memory.kept_free <= spec.host.memory
    assert sum(service.cpus for service in plan.services) <= spec.host.cpus + 1e-9
    assert sum(volume.size for volume in plan.volumes) + plan.disk.kept_free <= spec.host.disk
    assert plan.memory.kept_free >= 128 * MIB


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host["memory"])
def test_numbers_follow_from_their_limit(host: dict[str, Any]) -> None:
    for service in plan_of(host=host).services:
        assert 0 < service.memory_reservation <= service.memory
        assert 0 < service.cpus_reservation <= service.cpus
        for name in ("gomemlimit", "memory_limit", "maxmemory"):
            assert service.facts.get(name, 0) < service.memory, (service.name, name)


def test_retention_size_leaves_room_on_the_volume() -> None:
    plan = plan_of()
    prometheus = plan.service("prometheus")
    assert prometheus.facts["retention_size"] == pytest.approx(0.8 * prometheus.volumes[0].size, rel=0.001)


def test_redis_has_room_for_a_fork() -> None:
    redis = build(make_spec(redis={"memory": "256MiB"})).service("redis")
    assert redis.facts["maxmemory"] == 256 * MIB
    assert redis.memory >= 2 * 256 * MIB


def test_a_host_too_small_names_every_resource_and_what_would_fit() -> None:
    with pytest.raises(SpecError) as error:
        build(make_spec(host={"cpus": 0.5, "memory": "512MiB", "disk": "2GiB"}))
    problems = {problem.key: problem for problem in error.value.problems}
    assert set(problems) == {"host.memory", "host.cpus", "host.disk"}
    fitting = problems["host.memory"].message.split("so ")[1].split(" would")[0]
    disk = problems["host.disk"].message.split("so ")[1].split(" would")[0]
    cpus = float(problems["host.cpus"].message.rsplit(" ", 1)[1])
    build(make_spec(host={"cpus": cpus, "memory": fitting, "disk": disk}))


@pytest.mark.parametrize("size", ["700MiB", "3GiB", "47GiB", "777GiB", "3TiB", "10.3TiB", "12.9TiB", "31.4TiB"])
def test_what_is_proposed_fits_as_it_is_read(size: str) -> None:
    """A size in a message is rounded where it is long; this one never is, however large the stack."""
    saved = {"volumes": [{"name": "films", "size": size}]}
    redis = {"memory": "1TiB" if size.endswith("TiB") else "100MiB"}
    with pytest.raises(SpecError) as error:
        build(make_spec(host={"cpus": 64, "memory": "512MiB", "disk": "1GiB"}, backup=saved, redis=redis))
    fitting = {
        problem.key.partition(".")[2]: problem.message.split("so ")[1].split(" would")[0]
        for problem in error.value.problems
    }
    build(make_spec(host={"cpus": 64, **fitting}, backup=saved, redis=redis))
    assert all(len(shown) < 9 for shown in fitting.values()), fitting
    assert re.fullmatch(r"\d+GiB|[\d.]+TiB", fitting["disk"])
    less = {"memory": fitting["memory"], "disk": int(parse_size(fitting["disk"]) * 0.93)}
    with pytest.raises(SpecError):  # What is proposed is not much more than it takes.
        build(make_spec(host={"cpus": 64, **less}, backup=saved, redis=redis))


def test_what_is_proposed_has_room_for_services_of_ones_own() -> None:
    limits = {"memory": "2g", "cpus": "3"}
    mine: dict[str, Any] = {
        "services": {"grafana": {"deploy": {"resources": {"limits": limits}}}},
        "volumes": {"grafana": {"x-midwatch": {"size": "30GiB"}}},
    }
    with pytest.raises(SpecError) as error:
        build(make_spec(host={"cpus": 3.5, "memory": "2GiB", "disk": "31GiB"}), fragments=[mine])
    said = [problem.message for problem in error.value.problems]
    assert all("the stack with your own services (extra.compose) needs" in text for text in said)
    memory, cpus, disk = (text.removesuffix(" would fit").rpartition(" ")[2] for text in said)
    build(make_spec(host={"cpus": float(cpus), "memory": memory, "disk": disk}), fragments=[mine])


def limited(service: str, **limits: str) -> dict[str, Any]:
    return {"services": {service: {"deploy": {"resources": {"limits": limits}}}}}


def test_a_limit_of_a_fragment_counts_and_the_others_get_less() -> None:
    spec = make_spec(host={"cpus": 4, "memory": "8GiB", "disk": "80GiB"})
    plain = build(spec)
    plan = build(spec, fragments=[limited("prometheus", memory="3g", cpus="2")])
    prometheus = plan.service("prometheus")
    assert (prometheus.memory, prometheus.cpus) == (3 * 1024**3, 2)
    assert prometheus.facts["gomemlimit"] > plain.service("prometheus").facts["gomemlimit"]
    assert prometheus.memory_reservation == plain.service("prometheus").memory_reservation
    assert plan.service("loki").memory < plain.service("loki").memory
    assert plan.memory.given <= plan.memory.total - plan.memory.kept_free and plan.cpus.given <= 4
    assert "your own services" not in plan.memory.why
    # The last word counts, and a service that is reserved more than it may have does not start.
    less = build(spec, fragments=[limited("prometheus", memory="3g"), limited("prometheus", memory="64m")])
    assert less.service("prometheus").memory == less.service("prometheus").memory_reservation == 64 * 1024**2


def test_limits_beyond_the_host_are_refused_with_what_would_fit() -> None:
    parts = [limited("prometheus", memory="2600m", cpus="3"), limited("mine", memory="1g")]
    with pytest.raises(SpecError) as error:
        build(make_spec(host={"cpus": 2, "memory": "4GiB", "disk": "80GiB"}), fragments=parts)
    memory, cpus = (problem.message for problem in error.value.problems)
    assert "the stack with your own services and limits (extra.compose) needs" in memory
    assert "the stack with your own limits (extra.compose) needs" in cpus
    host = {"cpus": float(cpus.rpartition(" ")[2]), "memory": memory.removesuffix(" would fit").rpartition(" ")[2]}
    build(make_spec(host={**host, "disk": "80GiB"}), fragments=parts)


def test_apps_need_memory() -> None:
    apps = [{"name": f"app-{i}", "port": 80} for i in range(200)]
    with pytest.raises(SpecError):
        build(make_spec(apps=apps, host={"cpus": 4, "memory": "2GiB", "disk": "40GiB"}))
    build(make_spec(apps=apps, host={"cpus": 8, "memory": "16GiB", "disk": "80GiB"}))


def test_only_apps_with_redis_reach_it() -> None:
    apps = [
        {"name": "one", "port": 80, "network": "one_default", "redis": True},
        {"name": "two", "port": 80, "network": "two_default"},
    ]
    plan = build(make_spec(apps=apps))
    assert "app_one_default" in plan.service("redis").networks
    assert "app_two_default" not in plan.service("redis").networks
    assert {"app_one_default", "app_two_default"} <= set(plan.service("prometheus").networks)


def test_an_app_network_cannot_shadow_one_of_the_stack() -> None:
    plan = build(make_spec(apps=[{"name": "one", "port": 80, "network": "redis"}]))
    assert "redis" not in plan.service("prometheus").networks
    assert "app_redis" in plan.service("prometheus").networks


def test_images_from_a_mirror_with_an_own_tag() -> None:
    images = {"registry": "registry.example.com/mirror", "overrides": {"prometheus": {"tag": "v3.99.0"}}}
    plan = build(make_spec(images=images))
    assert plan.service("prometheus").image == "registry.example.com/mirror/prom/prometheus:v3.99.0"
    assert all(service.image.startswith("registry.example.com/mirror/") for service in plan.services)


def test_an_image_pinned_by_digest() -> None:
    digest = "sha256:" + "a" * 64
    plan = build(make_spec(images={"overrides": {"loki": {"digest": digest}}}))
    assert plan.service("loki").image.endswith(f"@{digest}")


def test_valkey_instead_of_redis() -> None:
    redis = build(make_spec(redis={"engine": "valkey"})).service("redis")
    assert "/valkey/valkey:" in redis.image


def test_every_secret_that_is_mounted_is_declared() -> None:
    plan = plan_of()
    declared = {secret.name for secret in plan.secrets}
    assert {name for service in plan.services for name in service.secrets} <= declared


def test_the_user_names_the_webhook_file() -> None:
    spec = make_spec(alerting={"slack": {"channel": "#a", "webhook_secret": "hook"}})
    secret = next(secret for secret in build(spec).secrets if secret.name == "slack_webhook_url")
    assert (secret.file, secret.made) == ("hook", "asked")
    assert "alertmanager" in secret.services
