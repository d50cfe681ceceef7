"""The user's own fragments: merged, and nothing else of the file changes its meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.errors import SpecError
from midwatch.render.extra import FILES, Extras
from midwatch.render.project import load_extras
from midwatch.render.tree import render
from tests.conftest import make_spec

COMPOSE: dict[str, Any] = {
    "services": {
        "grafana": {"image": "docker.io/grafana/grafana:12.2.0", "networks": ["monitoring"]},
        "loki": {"environment": {"TZ": "Europe/Berlin"}, "tmpfs": ["/extra"]},
    },
    "volumes": {"grafana-data": {}},
}
PROMETHEUS: dict[str, Any] = {
    "scrape_configs": [{"job_name": "grafana", "static_configs": [{"targets": ["grafana:3000"]}]}]
}


def value(data: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(data)


def test_without_fragments_the_bytes_do_not_change() -> None:
    assert render(make_spec(), Extras()) == render(make_spec())


def test_fragments_are_merged_and_the_rest_keeps_its_meaning() -> None:
    plain, merged = render(make_spec()), render(make_spec(), Extras([COMPOSE], [PROMETHEUS]))
    before, after = value(plain["compose.yaml"].data), value(merged["compose.yaml"].data)
    assert after["services"].pop("grafana") == COMPOSE["services"]["grafana"]
    loki = after["services"]["loki"]
    assert loki["environment"].pop("TZ") == "Europe/Berlin"
    assert "/extra" in loki["tmpfs"]
    loki["tmpfs"].remove("/extra")
    if not before["services"]["loki"].get("tmpfs"):
        del loki["tmpfs"]
    assert after["volumes"].pop("grafana-data") == {}
    assert after == before
    jobs = value(merged["prometheus/prometheus.yml"].data)["scrape_configs"]
    assert jobs[-1]["job_name"] == "grafana"
    assert jobs[:-1] == value(plain["prometheus/prometheus.yml"].data)["scrape_configs"]


def test_comments_of_the_generated_file_stay() -> None:
    plain, merged = render(make_spec()), render(make_spec(), Extras([COMPOSE]))
    comments = [
        line.strip() for line in plain["compose.yaml"].data.decode().splitlines() if line.strip().startswith("#")
    ]
    kept = merged["compose.yaml"].data.decode()
    assert [comment for comment in comments if comment not in kept] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"- a list\n", "must be a mapping"),
        (b"a: [1\n", "expected"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: &a [x]\nb: !!python/object:os.system {}\n", "constructor"),
        (b"#" * (1024 * 1024 + 1), "larger than 1 MiB"),
    ],
    ids=["missing", "list", "syntax", "binary", "tag", "huge"],
)
def test_a_bad_fragment_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "own.yaml").write_bytes(content)
    with pytest.raises(SpecError) as error:
        load_extras(tmp_path, make_spec(extra={"compose": ["own.yaml"], "prometheus": ["own.yaml"]}))
    assert [(problem.file, problem.key) for problem in error.value.problems] == [
        ("own.yaml", "extra.compose"),
        ("own.yaml", "extra.prometheus"),
    ]
    assert says in str(error.value.problems[0])


def test_a_fragment_takes_away_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "services:\n"
        "  loki:\n    stop_grace_period: !reset null\n    cap_drop: !override [NET_RAW]\n"
        "  prometheus:\n    command: [!reset --web.enable-lifecycle, --query.timeout=9s]\n"
        "    healthcheck: {test: [CMD, 'true']}\n"
    )
    spec = make_spec(extra={"compose": ["own.yaml"]})
    plain, merged = render(spec), render(spec, load_extras(tmp_path, spec))
    before, after = (value(tree["compose.yaml"].data)["services"] for tree in (plain, merged))
    assert "stop_grace_period" not in after["loki"]
    assert after["loki"]["cap_drop"] == ["NET_RAW"]
    assert after["prometheus"]["healthcheck"]["test"] == ["CMD", "true"]
    flags = [flag for flag in before["prometheus"]["command"] if flag != "--web.enable-lifecycle"]
    assert after["prometheus"]["command"] == [
        "--query.timeout=9s" if flag.startswith("--query.timeout") else flag for flag in flags
    ]
    old, new = (set(tree["compose.yaml"].data.splitlines()) for tree in (plain, merged))
    assert len(old - new) <= 4


@pytest.mark.parametrize("key", [key for key in FILES if key not in ("compose", "prometheus")])
def test_every_program_takes_fragments(tmp_path: Path, key: str) -> None:
    (tmp_path / "own.yaml").write_text("own: {key: 1}\n")
    spec = make_spec(extra={key: ["own.yaml"]})
    merged, plain = render(spec, load_extras(tmp_path, spec)), render(spec)
    assert {path for path, file in merged.items() if file != plain[path]} == {FILES[key]}
    assert value(merged[FILES[key]].data)["own"] == {"key": 1}
