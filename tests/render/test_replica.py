"""What `redis.replica: true` adds to a stack, and that nothing of it is there without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.errors import SpecError
from midwatch.plan.build import build
from midwatch.render.tree import render, render_all
from midwatch.spec.load import parse
from tests.conftest import make_spec

REPLICA = {"use": "sessions", "memory": "64MiB", "replica": True}
BAD = """name: demo
host: {cpus: 4, memory: 8GiB, disk: 80GiB}
alerting: {slack: {channel: "#a"}}
redis:
  use: cache
  replica: true
"""


def compose(**redis: Any) -> dict[str, Any]:
    text = render(make_spec(redis=redis))["compose.yaml"].data.decode()
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def test_a_cache_is_refused_with_the_reason() -> None:
    with pytest.raises(SpecError) as caught:
        parse(BAD, "stack.yaml", Path())
    (problem,) = caught.value.problems
    assert "a cache needs no replica" in problem.message
    assert (problem.line, problem.column) == (6, 12)


def test_without_it_nothing_is_there() -> None:
    made = render_all(make_spec())
    assert "redis-replica" not in made.tree["compose.yaml"].data.decode()
    for path, file in made.tree.items():
        assert "failover.sh" not in path and "redis-failover" not in path and "redis-replica" not in path
        # swap.sh is the same everywhere
        assert b"ops failover" not in file.data or path == "backup-tools/swap.sh", path
    assert "redis_replica_password" not in {secret.name for secret in made.plan.secrets}


def test_it_takes_its_share_of_the_budget() -> None:
    alone, both = build(make_spec(redis=REPLICA | {"replica": False})), build(make_spec(redis=REPLICA))
    redis, replica = both.service("redis"), both.service("redis-replica")
    assert replica.memory == redis.memory == (2 * 64 + 64) * 1024**2
    assert replica.volumes[0].size == redis.volumes[0].size
    assert replica.grace == redis.grace
    for resource in ("memory", "cpus", "disk"):
        assert getattr(both, resource).given <= getattr(both, resource).total
    assert both.memory.total == alone.memory.total


def test_it_is_as_hardened_as_redis_and_no_app_reaches_it() -> None:
    services = compose(**REPLICA)["services"]
    redis, replica = services["redis"], services["redis-replica"]
    for key in ("image", "user", "read_only", "security_opt", "cap_drop", "tmpfs", "logging", "restart"):
        assert replica[key] == redis[key], key
    assert list(replica["networks"]) == ["redis"]
    assert "redis-replica-data:/replica:ro" in redis["volumes"]
    assert "redis_replica_password" in replica["secrets"]
    assert "redis_replica_password" not in redis["secrets"]


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_it_runs_the_image_of_redis(engine: str) -> None:
    services = compose(**REPLICA, engine=engine)["services"]
    assert engine in services["redis-replica"]["image"]
    assert services["redis-replica"]["image"] == services["redis"]["image"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_and_script_tell_of_it(language: str) -> None:
    tree = render(make_spec(redis=REPLICA, runbooks={"language": language}))
    texts = {path: file.data.decode() for path, file in tree.items() if path.endswith((".md", ".sh")) or path == "ops"}
    assert "  failover [redis] " in texts["ops"]
    assert "take_over" in texts["ops.d/failover.sh"]
    for page in ("redis-failover", "RedisDown", "disaster-recovery"):
        assert "`./ops failover redis`" in texts[f"runbooks/{page}.md"], page
    for page in ("README", "RedisDown", "disaster-recovery"):
        assert "redis-failover.md" in texts[f"runbooks/{page}.md"], page
    assert "user replica on" in texts["runbooks/RedisDown.md"]
