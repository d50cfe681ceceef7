"""The stack of the example, as the engine sees it: healthy, limited, hardened, scraped."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch.plan.build import build
from midwatch.plan.model import Service
from midwatch.spec.load import load
from tests.conftest import EXAMPLES
from tests.lab import docker
from tests.lab.cache import run
from tests.lab.report import Report, seconds
from tests.lab.stack import WAIT_SECONDS, Stack
from tests.stack.programs import until

pytestmark = pytest.mark.lab

NAMES = [service.name for service in build(load(EXAMPLES / "sva-studio" / "stack.yaml")).services]
each_service = pytest.mark.parametrize("name", NAMES)
MIB = 1024 * 1024

UNSCRAPED = {
    "redis": "redis-exporter asks it",
    "docker-proxy": "container-exporter says whether it answers",
    "probe-tools": "runs once",
    "backup-tools": "runs once",
}


def found(stack: Stack, name: str) -> tuple[Service, dict[str, Any]]:
    """A service of the plan and its container; skipped by name where it has no image here."""
    if name in stack.missing:
        pytest.skip(f"{name}: {stack.missing[name]}")
    return stack.plan.service(name), stack.containers()[name]


def test_the_whole_stack_is_healthy_within_two_minutes(stack: Stack, report: Report) -> None:
    report.note(f"healthy after {stack.all_healthy_seconds:.1f} s: {seconds(stack.healthy_seconds)}")
    assert stack.problem == ""
    assert stack.all_healthy_seconds < WAIT_SECONDS


@each_service
def test_service_is_healthy_and_was_never_restarted(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    state = container["State"]
    if service.one_shot:
        assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    else:
        assert (state["Status"], state["Health"]["Status"]) == ("running", "healthy")
    assert (container["RestartCount"], state["OOMKilled"]) == (0, False)


@each_service
def test_limits_are_those_of_the_plan(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    host = container["HostConfig"]
    assert 0 <= service.memory - host["Memory"] < MIB
    assert 0 <= service.memory_reservation - host["MemoryReservation"] < MIB
    assert host["NanoCpus"] == pytest.approx(service.cpus * 1e9, abs=5.1e6)
    assert host["PidsLimit"] == service.pids
    assert container["Config"]["StopTimeout"] == service.grace


def test_the_limits_together_fit_the_budget(stack: Stack, report: Report) -> None:
    hosts = [container["HostConfig"] for container in stack.containers().values()]
    memory, cpus = sum(host["Memory"] for host in hosts), sum(host["NanoCpus"] for host in hosts) / 1e9
    budget = stack.plan
    report.note(
        f"limits: {memory / MIB:.0f} MiB of {budget.memory.total / MIB:.0f} MiB "
        f"({budget.memory.kept_free / MIB:.0f} MiB kept free), {cpus:.2f} of {budget.cpus.total:g} cpus"
    )
    assert all(host["Memory"] > 0 and host["NanoCpus"] > 0 and host["PidsLimit"] > 0 for host in hosts)
    assert memory <= budget.memory.total - budget.memory.kept_free
    assert cpus <= budget.cpus.total - budget.cpus.kept_free + 0.01


@each_service
def test_hardening_as_the_engine_sees_it(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    host, config = container["HostConfig"], container["Config"]
    assert host["ReadonlyRootfs"] or "read_only" in service.exceptions
    assert host["CapDrop"] == ["ALL"]
    assert [one.removeprefix("CAP_") for one in host["CapAdd"] or []] == list(service.cap_add)
    assert not service.cap_add or "cap_add" in service.exceptions
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]
    assert "host" not in {host["NetworkMode"], host["PidMode"], host["IpcMode"], host["UTSMode"]}
    assert config["User"] == service.user
    assert config["User"].partition(":")[0] not in ("", "0", "root") or "user" in service.exceptions
    assert host["LogConfig"]["Type"] == "json-file"
    assert host["LogConfig"]["Config"].keys() >= {"max-size", "max-file"}
    writable = {mount["Destination"] for mount in container["Mounts"] if mount["Type"] == "bind" and mount["RW"]}
    assert writable == set() or "mount" in service.exceptions


@each_service
def test_its_processes_run_as_that_user(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    if service.one_shot:
        pytest.skip(f"{name} has ended")
    printed = run(["docker", "top", container["Id"], "-eo", "pid,uid"], what="docker top", timeout=60)
    assert {line.split()[1] for line in printed.splitlines()[1:]} == {service.user.partition(":")[0]}


@each_service
def test_nothing_is_published_but_on_loopback(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    bound = [
        (entry["HostIp"], int(entry["HostPort"]), int(inside.partition("/")[0]))
        for inside, entries in container["NetworkSettings"]["Ports"].items()
        for entry in entries or []
    ]
    assert sorted(bound) == sorted(("127.0.0.1", port.host, port.container) for port in service.ports)
    assert not bound or name in ("gateway", "otel-collector")


@each_service
def test_it_is_on_the_networks_of_the_plan_only(stack: Stack, name: str) -> None:
    service, container = found(stack, name)
    expected = {
        network.removeprefix("app_") if network.startswith("app_") else f"{stack.name}_{network}"
        for network in service.networks
    }
    assert set(container["NetworkSettings"]["Networks"]) == expected


def test_the_internal_networks_have_no_way_out(stack: Stack) -> None:
    for name, network in stack.plan.networks.items():
        full = f"{stack.name}_{name}"
        internal = run(["docker", "network", "inspect", "--format", "{{.Internal}}", full], what="network").strip()
        assert internal == str(network["internal"]).lower(), full


def test_every_target_is_up(stack: Stack) -> None:
    absent = [f"//{name}" for name in stack.missing]

    def down() -> list[str]:
        targets = stack.get("/api/v1/targets")["data"]["activeTargets"]
        assert targets
        return [
            f"{one['labels']['job']} {one['scrapeUrl']}: {one['health']} {one['lastError']}"
            for one in targets
            if one["health"] != "up" and not any(part in one["scrapeUrl"] for part in absent)
        ]

    until(lambda: not down(), "every target is up", 30)
    assert stack.query('studio_requests_total{app="studio"}')[0]["value"][1] == "42"


def test_every_probe_from_outside_succeeds(stack: Stack) -> None:
    found(stack, "blackbox-exporter")
    probed = {service.name for service in stack.plan.services if service.health and service.name not in stack.missing}

    def well() -> bool:
        stack_probes = {one["metric"]["service"] for one in stack.query('probe_success{job="probe-stack"} == 1')}
        apps = {one["metric"]["app"] for one in stack.query('probe_success{job="probe-apps"} == 1')}
        return probed <= stack_probes and apps == {"studio"}

    until(well, f"probes of {sorted(probed)} and of studio succeed", 30)


def test_every_service_is_scraped_or_there_is_a_reason(stack: Stack) -> None:
    scraped = {one["metric"]["service"] for one in stack.query('up{service!="", job!="probe-stack"}')}
    assert scraped == set(NAMES) - set(UNSCRAPED)
    watched = {one["metric"]["service"] for one in stack.query(f'container_running{{project="{stack.name}"}} == 1')}
    assert watched == set(stack.lasting)


def test_lokis_own_metrics_are_there(stack: Stack) -> None:
    if stack.stand_in:
        pytest.skip("loki: the stand-in runs in its place, and has none of its metrics")
    assert stack.query("loki_build_info")


def test_the_engine_has_nothing_of_the_stack_that_is_not_in_its_plan(stack: Stack) -> None:
    left = docker.left_of(stack.name)
    assert len([one for one in left if one.startswith("ps")]) == len(stack.services)
    assert {one.split()[1] for one in left if one.startswith("volume")} == {
        f"{stack.name}_{volume.name}" for volume in stack.plan.volumes
    }
