"""Who gets in where: from the network of an app, through the doors on loopback, to the Docker API, to Redis."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import need
from tests.stack.programs import fetch

pytestmark = pytest.mark.lab

CLOSED = [
    ("prometheus", "POST", "/-/reload"),
    ("prometheus", "PUT", "/-/reload"),
    ("prometheus", "POST", "/-/quit"),
    ("prometheus", "POST", "/api/v1/admin/tsdb/snapshot"),
    ("prometheus", "POST", "/api/v1/admin/tsdb/delete_series?match[]=up"),
    ("prometheus", "PUT", "/api/v1/admin/tsdb/clean_tombstones"),
    ("prometheus", "POST", "/api/v1/write"),
    ("prometheus", "POST", "/api/v1/otlp/v1/metrics"),
    ("alertmanager", "POST", "/-/reload"),
    ("alertmanager", "POST", "/api/v2/alerts"),
    ("loki", "POST", "/loki/api/v1/push"),
    ("loki", "POST", "/otlp/v1/logs"),
    ("loki", "POST", "/loki/api/v1/delete?query={a=%22b%22}"),
    ("loki", "POST", "/flush"),
    ("loki", "GET", "/ingester/shutdown"),
    ("loki", "GET", "/config"),
]
OPEN = [
    ("prometheus", "/-/ready"),
    ("prometheus", "/api/v1/query?query=up"),
    ("prometheus", "/api/v1/rules"),
    ("alertmanager", "/"),
    ("alertmanager", "/api/v2/alerts"),
    ("loki", "/ready"),
    ("runbooks", "/"),
    ("runbooks", "/RedisDown.md"),
]
UNKNOWN_TO_APPS = [
    "prometheus-api:9090",
    "alertmanager:9093",
    "alertmanager-api:9093",
    "loki:3100",
    "gateway:9090",
    "docker-proxy:2375",
    "container-exporter:8080",
    "node-exporter:9100",
    "redis-exporter:9121",
    "blackbox-exporter-api:9115",
    "deadman:8080",
]


def answers(stack: Stack, service: str, *urls: str) -> dict[str, dict[str, Any]]:
    """What a service gets from these addresses."""
    return dict(zip(urls, stack.ask(service, *({"url": f"http://{url}"} for url in urls)), strict=True))


def test_an_app_cannot_name_what_is_not_for_it(stack: Stack) -> None:
    got = answers(stack, "studio", *UNKNOWN_TO_APPS)
    assert got == {url: {"error": "gaierror"} for url in UNKNOWN_TO_APPS}


def test_an_app_is_refused_by_what_joins_its_network(stack: Stack) -> None:
    """Prometheus and blackbox_exporter join it to ask the app, and the collector to be sent to."""
    need(stack, "prometheus", "blackbox-exporter", "otel-collector")
    paths = ["prometheus:9090/-/ready", "prometheus:9090/api/v1/admin/tsdb/snapshot", "blackbox-exporter:9115/metrics"]
    got = answers(stack, "studio", *paths, "otel-collector:13133/")
    assert {answer.get("error") for answer in got.values()} == {"ConnectionRefusedError"}, got


def test_an_app_reaches_no_address_of_the_inner_networks(stack: Stack) -> None:
    """Not even by number. Docker drops what goes from one network to another."""
    containers = stack.containers()
    inner = [
        f"http://{container['NetworkSettings']['Networks'][f'{stack.name}_monitoring']['IPAddress']}:{port}/"
        for name, port in (("prometheus", 9090), ("alertmanager", 9093))
        if (container := containers.get(name))
    ]
    assert inner
    got = stack.ask("studio", *({"url": url, "timeout": 2} for url in inner))
    assert [answer.get("error") for answer in got] == ["TimeoutError"] * len(inner), got


def test_an_app_may_send_to_the_collector(stack: Stack) -> None:
    need(stack, "otel-collector")
    empty = {"method": "POST", "body": "{}", "type": "application/json"}
    urls = [f"http://otel-collector:4318/v1/{signal}" for signal in ("logs", "metrics", "traces")]
    got = stack.ask("studio", *({"url": url, **empty} for url in urls))
    assert [answer.get("status") for answer in got] == [200, 200, 200], got


@pytest.mark.parametrize(("door", "method", "path"), CLOSED)
def test_the_gateway_refuses(stack: Stack, door: str, method: str, path: str) -> None:
    need(stack, "gateway", door)
    assert fetch(stack.url(door) + path, method, b"") == (403, "not allowed through this door")


@pytest.mark.parametrize(("door", "path"), OPEN)
def test_the_gateway_lets_through(stack: Stack, door: str, path: str) -> None:
    need(stack, "gateway", *([door] if door != "runbooks" else []))
    status, text = fetch(stack.url(door) + path)
    assert status == 200, text


def test_the_backup_can_take_a_snapshot_inside(stack: Stack) -> None:
    """The same path that the gateway refuses."""
    need(stack, "prometheus", "container-exporter")
    url = "http://prometheus-api:9090/api/v1/admin/tsdb/snapshot"
    (answer,) = stack.ask("container-exporter", {"url": url, "method": "POST", "body": ""})
    assert answer.get("status") == 200, answer


def test_the_docker_api_is_read_only(stack: Stack) -> None:
    need(stack, "docker-proxy", "container-exporter")
    api, own = "http://docker-proxy:2375", stack.containers()["docker-proxy"]["Id"]
    (version,) = stack.ask("container-exporter", {"url": f"{api}/version"})
    newest = json.loads(version["text"])["ApiVersion"]
    allowed = [f"{api}/containers/json", f"{api}/v{newest}/containers/json", f"{api}/containers/{own}/json"]
    got = stack.ask("container-exporter", *({"url": url} for url in allowed))
    assert [answer.get("status") for answer in got] == [200] * len(allowed), got
    of_own = [f"/containers/{own}/{what}" for what in ("logs?stdout=1", "archive?path=/", "export", "top")]
    refused: list[dict[str, Any]] = [{"url": api + path} for path in ["/info", "/images/json", "/secrets", *of_own]]
    for path in ("/containers/create", f"/containers/{own}/stop", f"/containers/{own}/exec", "/images/prune"):
        refused.append({"url": api + path, "method": "POST", "body": "{}", "type": "application/json"})
    refused.append({"url": f"{api}/containers/{own}", "method": "DELETE"})
    got = stack.ask("container-exporter", *refused)
    assert [answer.get("status") for answer in got] == [403] * len(refused), got
    assert stack.containers()["docker-proxy"]["State"]["Running"]


def test_the_docker_api_is_for_one_service_alone(stack: Stack) -> None:
    need(stack, "docker-proxy", "deadman")
    assert stack.ask("deadman", {"url": "http://docker-proxy:2375/version"}) == [{"error": "gaierror"}]
    attached = [
        name
        for name, container in stack.containers().items()
        if f"{stack.name}_docker-api" in container["NetworkSettings"]["Networks"]
    ]
    assert sorted(attached) == ["container-exporter", "docker-proxy"]


def redis(stack: Stack, *commands: list[str]) -> list[str]:
    """What Redis says to the app, on a connection of its own."""
    (answer,) = stack.ask("studio", {"redis": "redis:6379", "commands": commands})
    replies: list[str] = answer["replies"]
    return replies


def login(stack: Stack) -> list[str]:
    return ["AUTH", (stack.folder / "secrets" / "redis_password").read_text().strip()]


def test_redis_gives_nothing_without_a_password(stack: Stack) -> None:
    need(stack, "redis")
    replies = redis(stack, ["PING"], ["GET", "a"], ["AUTH", "wrong"], ["AUTH", ""])
    assert [reply.split()[0] for reply in replies] == ["-NOAUTH", "-NOAUTH", "-WRONGPASS", "-WRONGPASS"]


def test_the_user_of_the_health_check_may_ping_and_nothing_else(stack: Stack) -> None:
    need(stack, "redis")
    closed = [["GET", "a"], ["SET", "a", "b"], ["INFO"], ["CONFIG", "GET", "*"], ["ACL", "LIST"]]
    replies = redis(stack, ["AUTH", "health", "any"], ["PING"], *closed)
    assert replies[:2] == ["+OK", "+PONG"]
    assert [reply.split()[0] for reply in replies[2:]] == ["-NOPERM"] * len(closed), replies


def test_an_app_may_use_redis_and_not_rule_it(stack: Stack) -> None:
    need(stack, "redis")
    closed = [["CONFIG", "GET", "*"], ["CONFIG", "SET", "save", ""], ["FLUSHALL"], ["FLUSHDB"], ["KEYS", "*"]]
    closed += [["ACL", "LIST"], ["SHUTDOWN"], ["DEBUG", "SLEEP", "0"], ["REPLICAOF", "NO", "ONE"], ["MODULE", "LIST"]]
    replies = redis(stack, login(stack), ["SET", "lab", "kept"], ["GET", "lab"], *closed)
    assert replies[:3] == ["+OK", "+OK", "$kept"]
    # DEBUG is closed by the configuration already, before anybody asks for a permission.
    assert all(reply.startswith(("-NOPERM", "-ERR DEBUG command not allowed")) for reply in replies[3:]), replies
