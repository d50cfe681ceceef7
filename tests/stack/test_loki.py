"""Loki's configuration: what must be in it. The program itself judges it where this machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import build
from midwatch.render.tree import render
from midwatch.spec.model import Spec
from tests.conftest import make_spec

GIB = 1024**3


def parsed(spec: Spec) -> Any:
    return YAML(typ="safe", pure=True).load(render(spec)["loki/loki.yaml"].data)


def megabytes(text: str) -> int:
    """Loki's ``MB`` are MiB (github.com/c2h5oh/datasize)."""
    assert text.endswith("MB")
    return int(text[:-2]) * 1024**2


def test_it_really_deletes() -> None:
    config = parsed(make_spec(retention={"logs": "14d"}))
    assert config["compactor"]["retention_enabled"] is True
    assert config["compactor"]["delete_request_store"] == "filesystem"
    assert config["schema_config"]["configs"][0]["index"]["period"] == "24h"
    assert config["limits_config"]["retention_period"] == "336h"


@pytest.mark.parametrize(
    ("logs", "hours"), [("1h", "24h"), ("1d", "24h"), ("36h", "36h"), ("7d", "168h"), ("30d", "720h"), ("1y", "8760h")]
)
def test_retention_is_exact_and_at_least_a_day(logs: str, hours: str) -> None:
    assert parsed(make_spec(retention={"logs": logs}))["limits_config"]["retention_period"] == hours


@pytest.mark.parametrize("memory", ["3GiB", "8GiB", "64GiB"])
def test_the_replay_of_the_wal_fits_below_the_limit(memory: str) -> None:
    spec = make_spec(host={"memory": memory, "cpus": 4, "disk": "80GiB"})
    loki = build(spec).service("loki")
    ceiling = megabytes(parsed(spec)["ingester"]["wal"]["replay_memory_ceiling"])
    assert ceiling < loki.facts["gomemlimit"] < loki.memory


def test_lines_that_waited_an_hour_are_still_taken() -> None:
    """Half of max_chunk_age is how far a line may be behind its stream; queries must look that far into memory."""
    config = parsed(make_spec())
    assert config["ingester"]["max_chunk_age"] == "3h"
    assert config["querier"]["query_ingesters_within"] == "4h"


def test_the_index_has_few_labels_and_the_workspace_is_one() -> None:
    config = parsed(make_spec(workspace={"label": "tenant"}))
    resource = config["limits_config"]["otlp_config"]["resource_attributes"]
    assert resource["ignore_defaults"] is True
    (action,) = resource["attributes_config"]
    assert action["action"] == "index_label"
    assert "tenant" in action["attributes"]
    assert "service.instance.id" not in action["attributes"]
    assert len(action["attributes"]) <= 8


def test_pushes_of_the_collector_fit_the_burst() -> None:
    tree = render(make_spec())
    collector = YAML(typ="safe", pure=True).load(tree["otel-collector/config.yaml"].data)
    batch = collector["exporters"]["otlp_http/loki"]["sending_queue"]["batch"]["max_size"]
    assert batch * 4 <= parsed(make_spec())["limits_config"]["ingestion_burst_size_mb"] * 1024**2


def test_it_ends_within_its_grace() -> None:
    loki = build(make_spec()).service("loki")
    config = parsed(make_spec())
    assert (
        int(config["server"]["graceful_shutdown_timeout"][:-1])
        + int(config["frontend"]["graceful_shutdown_timeout"][:-1])
        < loki.grace
    )
    assert config["ingester"]["wal"]["flush_on_shutdown"] is True


def test_nothing_is_reported_to_the_makers_and_the_ruler_knows_alertmanager() -> None:
    config = parsed(make_spec())
    assert config["analytics"]["reporting_enabled"] is False
    assert config["ruler"]["alertmanager_url"] == "http://alertmanager-api:9093"


def test_loki_itself_accepts_it(tmp_path: Path) -> None:
    program = os.environ.get("MIDWATCH_LAB_LOKI") or shutil.which("loki")
    if not program or "version" not in subprocess.run([program, "-version"], capture_output=True, text=True).stdout:
        pytest.skip("the program loki is not on PATH nor in MIDWATCH_LAB_LOKI")
    file = tmp_path / "loki.yaml"
    file.write_bytes(render(make_spec())["loki/loki.yaml"].data)
    done = subprocess.run([program, "-verify-config", f"-config.file={file}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
