"""Parsing a stack: ours, somebody else's, with and without Compose, broken and hostile."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from midwatch.check import compose, run, stack
from midwatch.check.finding import Finding
from midwatch.check.kinds import Kind
from midwatch.check.profile import Profile
from midwatch.check.stack import Stack
from midwatch.errors import TargetError
from tests.check.conftest import edit, rules_of

FOREIGN = """\
services:
  web:
    image: nginx
    ports: ["8080:80"]
    volumes: ["./html:/usr/share/nginx/html"]
  db:
    image: postgres:17.2
    environment: [POSTGRES_PASSWORD=hunter2hunter2]
"""


def needs_compose() -> None:
    if compose.command() is None:
        pytest.skip("no docker compose here")


def test_kinds_are_told_by_content(good: Path, good_stack: Stack) -> None:
    kinds = {path: file.kind for path, file in good_stack.files.items()}
    assert kinds["prometheus/prometheus.yml"] is Kind.PROMETHEUS
    assert kinds["prometheus/rules/redis.yml"] is Kind.RULES
    assert kinds["prometheus/tests/redis.test.yml"] is Kind.RULE_TESTS
    assert kinds["alertmanager/alertmanager.yml"] is Kind.ALERTMANAGER
    assert kinds["alertmanager/routes.test.yaml"] is Kind.ROUTE_TESTS
    assert kinds["otel-collector/config.yaml"] is Kind.COLLECTOR
    assert kinds["loki/loki.yaml"] is Kind.LOKI
    assert kinds["redis/redis.conf"] is Kind.REDIS
    assert kinds["gateway/Caddyfile"] is Kind.CADDY
    assert kinds["ops"] is Kind.SHELL
    assert kinds["runbooks/Watchdog.md"] is Kind.MARKDOWN


def test_a_config_is_found_under_any_name(good: Path) -> None:
    (good / "metrics").mkdir()
    (good / "prometheus/prometheus.yml").rename(good / "metrics/config.yaml")
    edit(good, "compose.yaml", "./prometheus/prometheus.yml:", "./metrics/config.yaml:")
    (use,) = stack.read(good, use_compose=False).uses(Kind.PROMETHEUS)
    assert (use.file.path, use.service.name) == ("metrics/config.yaml", "prometheus")


def test_compose_and_our_own_reading_see_the_same(good: Path) -> None:
    needs_compose()
    theirs, ours = stack.read(good), stack.read(good, use_compose=False)
    assert (theirs.resolved_by, ours.resolved_by) == ("compose", "midwatch")
    assert theirs.services.keys() == ours.services.keys()
    for name, service in theirs.services.items():
        mine = ours.services[name]
        for key in (
            "memory_limit",
            "cpu_limit",
            "memory_reservation",
            "grace",
            "words",
            "aliases",
            "secrets",
            "one_shot",
        ):
            assert getattr(service, key) == getattr(mine, key), f"{name}.{key}"
        assert set(service.networks) == set(mine.networks)
        assert [(m.kind, m.target, m.read_only, m.project) for m in service.mounts] == [
            (m.kind, m.target, m.read_only, m.project) for m in mine.mounts
        ]
    assert rules_of(theirs) == rules_of(ours)


def test_a_broken_stack_looks_the_same_to_both(good: Path) -> None:
    needs_compose()
    edit(good, "compose.yaml", "    read_only: true\n", "")
    edit(good, "compose.yaml", "127.0.0.1:9090:9090", "9090:9090")
    edit(good, "compose.yaml", "      - redis-data:/data\n", "      - redis-data:/data:ro\n      - /etc:/host\n")
    theirs, ours = rules_of(stack.read(good)), rules_of(stack.read(good, use_compose=False))
    assert theirs == ours
    assert {finding.id for finding in theirs if finding.severity == "error"} == {
        "read-only-root",
        "loopback-ports",
        "host-mounts",
    }


def test_interpolation_and_env_file(good: Path) -> None:
    (good / ".env").write_text("LIMIT=900m\n")
    edit(good, "compose.yaml", "memory: 576m", "memory: ${LIMIT:-1m}")
    edit(good, "compose.yaml", "pids: 256", "pids: ${PIDS:-77}")
    parsed = stack.read(good, use_compose=False)
    assert parsed.services["redis"].memory_limit == 900 * 1024**2
    assert parsed.services["prometheus"].resource("limits", "pids") == "77"


def test_somebody_elses_stack_is_judged_too(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(FOREIGN)
    parsed = stack.read(tmp_path, use_compose=False)
    assert parsed.profile is Profile.PRODUCTION
    found = rules_of(parsed)
    assert {finding.service for finding in found if finding.id == "memory-limit"} == {"web", "db"}
    by_id = {finding.id: finding for finding in found}
    assert by_id["image-pinned"].service == "web"
    assert (by_id["loopback-ports"].line, by_id["loopback-ports"].file) == (4, "docker-compose.yml")
    assert by_id["mounted-files"].service == "web"
    assert "budget-memory" not in by_id


def test_include_and_extends_are_named_where_compose_is_not_at_hand(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "include: [other.yaml]\nservices:\n  a: {extends: {service: b}}\n  b: {image: x:1}\n"
    )
    messages = [
        finding.message
        for finding in run.run(stack.read(tmp_path, use_compose=False), judges=False, only={"watchdog"}).findings
    ]
    assert sum("needs Compose to resolve" in message for message in messages) == 2


def test_no_compose_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"no compose\.yaml"):
        stack.read(tmp_path)
    with pytest.raises(TargetError, match="is not a folder"):
        stack.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content", [b"", b"- a\n", b"services: 3\n", b"services: {a: 3}\n", b"a: [\n", b"\xff\xfe\x00", b"services: {}\n"]
)
def test_a_broken_compose_file_is_a_finding(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "compose.yaml").write_bytes(content)
    report = run.run(stack.read(tmp_path))
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert errors
    assert any(finding.id == "unreadable" for finding in errors)
    assert all(finding.file == "compose.yaml" for finding in errors)


def test_a_bad_spec_is_a_finding(good: Path) -> None:
    edit(good, "stack.yaml", "name: lamp", "nam: lamp")
    found = [finding for finding in rules_of(stack.read(good, use_compose=False)) if finding.id == "spec"]
    assert found
    assert found[0].file.endswith("stack.yaml")
    assert found[0].line == 1


def test_a_link_out_of_the_project_is_not_followed(good: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("password: hunter2hunter2\n")
    (good / "inside.yaml").symlink_to(tmp_path / "outside.yaml")
    assert "inside.yaml" not in stack.read(good, use_compose=False).files


SCALARS: tuple[object, ...] = (
    None, True, 0, -1, 1e400, "", "x", "[", "${X", [], {}, [None], [[]], {"x": None}, [{"x": 1}], {1: 2}
)  # fmt: skip


def mutations(data: object, random_: random.Random) -> object:
    """The data with one node replaced by something that does not belong there."""
    if not isinstance(data, (dict, list)) or not data or random_.random() < 0.08:
        return random_.choice(SCALARS)
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    key = random_.choice(list(data) if isinstance(data, dict) else range(len(data)))
    copy[key] = mutations(data[key], random_)
    return copy


@pytest.mark.parametrize("seed", range(12))
def test_no_rule_trips_over_a_value_of_the_wrong_kind(good: Path, seed: int) -> None:
    """Every config file with one node replaced, many times over: findings, never a traceback."""
    from ruamel.yaml import YAML

    random_ = random.Random(seed)
    parsed = stack.read(good, use_compose=False)
    paths = [path for path in parsed.files if path.endswith((".yaml", ".yml")) and path != "stack.yaml"]
    for _ in range(12):
        path = random_.choice([*paths, "compose.yaml", "compose.yaml"])
        before = (good / path).read_bytes()
        with (good / path).open("w") as file:
            YAML(typ="safe", pure=True).dump(mutations(parsed.files[path].document.data, random_), file)  # type: ignore[union-attr]
        found: tuple[Finding, ...] = rules_of(stack.read(good, use_compose=False))
        assert all(finding.message for finding in found)
        (good / path).write_bytes(before)
