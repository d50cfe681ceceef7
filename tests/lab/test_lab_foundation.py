"""The lab's own promises: each image is what it says, and behaves as the official one where that decides anything.

On a machine that can pull, these same tests run on the official images, and so check what the recipes claim of them.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tests.lab import engine as engine_module
from tests.lab.cache import LabError, making
from tests.lab.dockerd import answer
from tests.lab.engine import Engine
from tests.lab.images import RECIPES, basename, ensure_image
from tests.lab.images.registry import host
from tests.lab.loki_stand_in.server import StandIn
from tests.lab.programs import PROGRAMS, get
from tests.lab.programs.debian import upstream

pytestmark = pytest.mark.lab

VERSION_OF = {
    "prometheus": ["--version"],
    "alertmanager": ["--version"],
    "node-exporter": ["--version"],
    "opentelemetry-collector-contrib": ["--version"],
    "redis": ["redis-server", "--version"],
    "valkey": ["valkey-server", "--version"],
    "redis_exporter": ["--version"],
    "blackbox-exporter": ["--version"],
    "restic": ["version"],
    "caddy": ["caddy", "version"],
    "python": ["python3", "--version"],
    "busybox": ["busybox"],
}
UID_OF = {
    "prometheus": "65534",
    "alertmanager": "65534",
    "node-exporter": "65534",
    "redis_exporter": "59000",
    "redis": "0",
    "valkey": "0",
    "blackbox-exporter": "0",
    "restic": "0",
    "caddy": "0",
    "python": "0",
    "busybox": "0",
}


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120, check=False)


def obtained(name: str) -> str:
    """The reference of an image, obtained; the test is skipped, with the reason, where it cannot be."""
    image = ensure_image(RECIPES[name].reference)
    if not image.there:
        pytest.skip(f"{image.reference}: {image.detail}")
    return image.reference


@pytest.mark.parametrize("name", VERSION_OF)
def test_image_runs_the_program_in_the_version_of_its_tag(engine: Engine, name: str) -> None:
    done = docker("run", "--rm", "--network=none", obtained(name), *VERSION_OF[name])
    assert PROGRAMS[RECIPES[name].program].version in done.stdout + done.stderr


@pytest.mark.parametrize("name", UID_OF)
def test_image_with_a_shell_runs_it_as_the_official_user(engine: Engine, name: str) -> None:
    done = docker("run", "--rm", "--network=none", "--entrypoint=sh", obtained(name), "-c", "id -u")
    assert done.stdout.strip() == UID_OF[name], done.stderr


def test_the_collector_has_no_shell_and_its_own_user(engine: Engine) -> None:
    reference = obtained("opentelemetry-collector-contrib")
    assert docker("run", "--rm", "--network=none", "--entrypoint=/bin/sh", reference, "-c", "true").returncode == 127
    assert docker("image", "inspect", "--format={{.Config.User}}", reference).stdout.strip() == "10001:10001"


@pytest.mark.parametrize("name", ["redis", "valkey"])
def test_a_store_steps_down_from_root(engine: Engine, name: str) -> None:
    container = docker("run", "--detach", "--network=none", obtained(name)).stdout.strip()
    try:
        docker("exec", container, "sh", "-c", f"until {name}-cli ping; do sleep 0.1; done")
        status = docker("exec", container, "sh", "-c", "grep ^Uid: /proc/1/status").stdout.split()
        assert status == ["Uid:", "999", "999", "999", "999"]
    finally:
        docker("rm", "--force", "--volumes", container)


def test_caddy_needs_the_capability_that_its_file_carries(engine: Engine) -> None:
    command = ["run", "--rm", "--network=none", "--cap-drop=ALL"]
    reference = obtained("caddy")
    assert docker(*command, reference, "caddy", "version").returncode != 0
    assert docker(*command, "--cap-add=NET_BIND_SERVICE", reference, "caddy", "version").returncode == 0


def test_an_engine_that_runs_is_used_and_left_running(engine: Engine) -> None:
    with engine_module.engine() as again:
        assert not again.started_here
        assert again.version == engine.version
    assert answer() is not None


@pytest.mark.parametrize(
    ("command", "argument"),
    [
        ("promtool", "--version"),
        ("amtool", "--version"),
        ("otelcol", "--version"),
        ("redis-server", "--version"),
        ("redis-cli", "--version"),
        ("valkey-server", "--version"),
        ("shellcheck", "--version"),
        ("caddy", "version"),
    ],
)
def test_the_judges_run_on_this_machine(command: str, argument: str) -> None:
    owner = next(
        program for program in PROGRAMS.values() if command in (*program.commands, *(new for new, _ in program.aliases))
    )
    try:
        ready = get(owner.name)
    except LabError as error:
        pytest.skip(str(error))
    program = ready.folder.parent.parent / "bin" / command
    done = subprocess.run([program, argument], capture_output=True, text=True, timeout=60, check=True)
    assert ready.version in done.stdout + done.stderr


def test_a_reference_without_a_recipe_is_missing_and_says_why(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDWATCH_LAB_PULL", "never")
    image = ensure_image("docker.io/library/no-such-thing:1.0")
    assert not image.there
    assert "no recipe for 'no-such-thing'" in image.detail


def test_loki_is_never_made_here(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "loki" not in RECIPES and "loki" not in PROGRAMS
    monkeypatch.delenv("MIDWATCH_LAB_LOKI", raising=False)
    monkeypatch.setenv("MIDWATCH_LAB_PULL", "never")
    assert "MIDWATCH_LAB_LOKI" in ensure_image("docker.io/grafana/loki:0.0.0").detail


def test_references_through_a_mirror_find_the_same_recipe() -> None:
    assert basename("mirror.example:5000/prom/prometheus:v3.16.0@sha256:00") == "prometheus"
    assert host("mirror.example:5000/prom/prometheus:v3") == "mirror.example:5000"
    assert host("prom/prometheus:v3") == "docker.io"


def test_the_version_of_a_debian_package_is_upstreams() -> None:
    files = [Path("libc6_2.43-7_amd64.deb"), Path("redis-server_5%3a8.0.6-3_amd64.deb")]
    assert upstream("redis-server", files) == "8.0.6"
    assert upstream("valkey-server", [Path("valkey-server_8.1.1+dfsg1-3+deb13u3_amd64.deb")]) == "8.1.1"


def test_a_build_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), making(tmp_path / "program") as folder:
        (folder / "half").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".program.killed").mkdir()
    with making(tmp_path / "program") as folder:
        (folder / "whole").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["program"]


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[str]:
    server = StandIn(("127.0.0.1", 0), tmp_path / "received.jsonl")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_the_stand_in_for_loki_reads_what_opentelemetrys_own_library_writes(stand_in: str) -> None:
    nested = AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="n", value=AnyValue(int_value=-3))]))
    record = LogRecord(
        time_unix_nano=17,
        severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
        severity_text="INFO",
        body=AnyValue(string_value="Grüße\n"),
    )
    record.attributes.extend(
        [KeyValue(key="attrs", value=nested), KeyValue(key="share", value=AnyValue(double_value=0.5))]
    )
    resource = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value="shop"))])
    message = ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource, scope_logs=[ScopeLogs(log_records=[record])])]
    )
    body = gzip.compress(message.SerializeToString())
    headers = {"Content-Encoding": "gzip", "X-Scope-OrgID": "acme"}
    assert ask(f"{stand_in}/otlp/v1/logs", "POST", body, **headers)[0] == 204
    assert json.loads(ask(f"{stand_in}/received")[1]) == [
        {
            "tenant": "acme",
            "resource": {"service.name": "shop"},
            "time_unix_nano": 17,
            "severity_number": 9,
            "severity_text": "INFO",
            "body": "Grüße\n",
            "attributes": {"attrs": {"n": -3}, "share": 0.5},
        }
    ]
    assert ask(f"{stand_in}/otlp/v1/logs", "POST", b"\x0a\xff\xff")[0] == 400
    assert ask(f"{stand_in}/refuse/503", "PUT")[0] == 204
    assert ask(f"{stand_in}/otlp/v1/logs", "POST", body, **headers)[0] == 503
    assert ask(f"{stand_in}/received", "DELETE")[0] == 204
    assert json.loads(ask(f"{stand_in}/received")[1]) == []
