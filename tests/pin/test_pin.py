"""`midwatch pin` against a small registry: digests into stack.yaml, and from there into compose.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.errors import ProgramError
from midwatch.pin.images import images
from midwatch.pin.registry import Reference, digest_of
from midwatch.spec.load import load
from tests.cli.conftest import Outcome, process
from tests.pin.registry import Registry, registry

SPEC = """\
# Ours.
name: demo
alerting:
  slack: { channel: "#all" }  # the team's
images:
  registry: {host}/mirror # inside
  overrides:
    # the one that was tried
    redis: { tag: 7.0.15 }
retention: { metrics: 7d }
"""


@pytest.fixture
def served() -> Iterator[Registry]:
    with registry() as one:
        yield one


@pytest.fixture
def project(tmp_path: Path, served: Registry) -> Path:
    (tmp_path / "stack.yaml").write_text(SPEC.replace("{host}", served.host))
    for name, (repository, tag) in images(load(tmp_path / "stack.yaml")).items():
        path = repository.removeprefix(f"{served.host}/")
        served.images[f"{path}:{tag}"] = json.dumps({"of": path, "tag": tag, "first": name}).encode()
    return tmp_path


def pin(folder: Path, *words: str) -> Outcome:
    return process("-C", str(folder), "pin", *words)


def test_every_image_gets_its_digest_and_comments_stay(project: Path, served: Registry) -> None:
    before = (project / "stack.yaml").read_text()
    done = pin(project)
    assert done.code == 0, done.out + done.err
    text = (project / "stack.yaml").read_text()
    for line in ("# Ours.", '  slack: { channel: "#all" }  # the team\'s', "    # the one that was tried", "# inside"):
        assert line in text
    assert [line for line in before.splitlines() if line not in text.splitlines()] == ["    redis: { tag: 7.0.15 }"]
    overrides = load(project / "stack.yaml").images.overrides
    assert overrides["redis"].tag == "7.0.15"
    assert overrides["redis"].digest == served.digest("mirror/library/redis:7.0.15")
    assert overrides["canary"].digest == overrides["deadman"].digest
    assert len(served.asked) == len(served.images), "each image is asked for once"
    assert "has them already" in pin(project).out + pin(project).err
    assert process("-C", str(project), "generate").code == 0
    compose = (project / "compose.yaml").read_text()
    assert f"{served.host}/mirror/library/redis:7.0.15@{overrides['redis'].digest}" in compose


def test_line_ends_and_a_byte_order_mark_stay(project: Path) -> None:
    file = project / "stack.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    done = pin(project, "redis")
    assert done.code == 0, done.out + done.err
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# Ours.\r\n") and b"digest: sha256:" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_one_component_and_what_midwatch_ships(project: Path, served: Registry) -> None:
    shipped = images(load(project / "stack.yaml"), shipped=True)["redis"][1]
    served.images[f"mirror/library/redis:{shipped}"] = b"{}"
    assert pin(project, "redis", "--shipped", "--dry-run").code == 1
    assert pin(project, "redis", "--shipped").code == 0
    overrides = load(project / "stack.yaml").images.overrides
    assert set(overrides) == {"redis"}
    found = (overrides["redis"].tag, overrides["redis"].digest)
    assert found == (shipped, served.digest(f"mirror/library/redis:{shipped}"))


def test_a_registry_that_wants_a_token_gets_one(project: Path, served: Registry) -> None:
    served.token = "t0ken"
    assert pin(project, "loki").code == 0
    assert any(path.startswith("/token?service=tests") for path in served.asked)


def test_what_cannot_be_had_writes_nothing(project: Path, served: Registry) -> None:
    before = (project / "stack.yaml").read_text()
    served.images.pop(next(name for name in served.images if "loki" in name))
    done = pin(project)
    assert done.code == 3
    assert "loki" in done.out + done.err
    assert "has no such image" in done.out + done.err
    assert pin(project, "lokki").code == 2
    assert (project / "stack.yaml").read_text() == before


def test_a_registry_that_lies_is_not_believed(project: Path, served: Registry) -> None:
    served.lies = True
    done = pin(project, "redis")
    assert done.code == 3
    assert "but what it sent is" in done.out + done.err


def test_nobody_there() -> None:
    with pytest.raises(ProgramError, match="cannot be reached"):
        digest_of(Reference.of("127.0.0.1:9/x", "1"))


def test_references() -> None:
    assert str(Reference.of("redis", "8")) == "docker.io/library/redis:8"
    assert Reference.of("docker.io/prom/prometheus", "v3").url == (
        "https://registry-1.docker.io/v2/prom/prometheus/manifests/v3"
    )
    assert Reference.of("registry.example.com/team/x", "1").url.startswith("https://registry.example.com/v2/team/x/")
