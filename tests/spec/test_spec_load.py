"""Reading a good spec: what it means, where its parts are, how long it takes."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midwatch.errors import SpecError
from midwatch.spec import load

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/stack.yaml"))
SMALLEST = 'name: sva\nalerting:\n  slack:\n    channel: "#ops"\n'


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_load(path: Path) -> None:
    assert load.load(path).name


def test_the_examples_are_there() -> None:
    assert {path.parent.name for path in EXAMPLES} >= {"sva-studio", "small", "large"}


def test_the_demo_means_what_it_says() -> None:
    spec = load.load(ROOT / "examples" / "sva-studio" / "stack.yaml")
    assert (spec.name, spec.environment) == ("sva", "production")
    assert (spec.host.cpus, spec.host.memory, spec.host.disk) == (4, 8 * 1024**3, 80 * 1024**3)
    assert (spec.retention.metrics, spec.retention.logs) == (7 * 86400, 7 * 86400)
    assert spec.workspace.label == "workspace_id"
    (app,) = spec.apps
    assert (app.name, app.port, app.metrics, app.health, app.network) == (
        "studio", 3000, "/metrics", "/health/live", "studio_default",
    )  # fmt: skip
    assert spec.alerting.slack.channel == "#monitoring-alerts"
    assert (spec.redis.use, spec.redis.memory) == ("sessions", 256 * 1024**2)
    assert (spec.backup.every, spec.backup.rpo, spec.backup.rto) == (86400, 86400, 3600)


def test_two_keys_are_enough() -> None:
    spec = load.parse(SMALLEST)
    assert (spec.environment, spec.retention.metrics, spec.apps) == ("production", 7 * 86400, ())


def test_yaml_1_2_and_not_1_1() -> None:
    spec = load.parse(
        SMALLEST + "apps: [{name: norway, port: 0x50, metrics: null, health: /no, workspace: no, redis: False}]"
    )
    assert (spec.apps[0].workspace, spec.apps[0].port, spec.apps[0].metrics) == ("no", 80, None)


def test_anchors_and_aliases_are_fine() -> None:
    spec = load.parse(SMALLEST + "retention: {metrics: &week 14d, logs: *week}\n")
    assert spec.retention.metrics == spec.retention.logs == 14 * 86400


@pytest.mark.parametrize("make", [str, lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"),
                                  lambda text: "\ufeff" + text.replace("\n", "\r\n"), lambda text: "---\n" + text + "...\n"],
                         ids=["plain", "bom", "crlf", "bom+crlf", "document marks"])  # fmt: skip
def test_marks_and_line_ends_do_not_matter(make: object) -> None:
    assert callable(make)
    assert load.parse(str(make(SMALLEST)).encode()).alerting.slack.channel == "#ops"


def test_what_is_loaded_knows_its_places(tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_bytes(b"\xef\xbb\xbf# first\r\n" + SMALLEST.replace("\n", "\r\n").encode() + b"host: {memory: 1GiB}\r\n")
    loaded = load.read(path)
    assert loaded.source == path.read_bytes()
    assert loaded.spec == load.load(path)
    problem = loaded.problem("host.memory", "is too little", hint="2GiB would do")
    assert str(problem) == f"{path}:6:16: host.memory: is too little (2GiB would do)"
    # A key that was left out: where it would belong.
    assert loaded.problem("host.disk", "x").where == f"{path}:6:7"
    assert loaded.problem("redis.memory", "x").where == f"{path}:2:1"
    assert loaded.problem(("alerting", "slack", "channel"), "x").where == f"{path}:5:14"


def test_latest_is_fine_with_a_digest() -> None:
    digest = "sha256:" + "0a" * 32
    spec = load.parse(SMALLEST + f"images: {{overrides: {{redis: {{tag: latest, digest: '{digest}'}}}}}}\n")
    assert spec.images.overrides["redis"].digest == digest


def test_extra_files_are_looked_for_beside_the_spec(tmp_path: Path) -> None:
    text = SMALLEST + "extra: {compose: [extra/a.yaml, gone.yaml], prometheus: [extra/link.yaml]}\n"
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "a.yaml").write_text("{}")
    (tmp_path / "extra" / "link.yaml").symlink_to("/etc/hostname")
    with pytest.raises(SpecError) as caught:
        load.parse(text, folder=tmp_path)
    assert [problem.key for problem in caught.value.problems] == ["extra.compose[1]", "extra.prometheus[0]"]
    assert load.parse(text).extra.compose == ("extra/a.yaml", "gone.yaml")


def apps(count: int) -> str:
    keys = "    port: 8080\n    metrics: /metrics\n    health: /healthz\n    redis: false\n"
    return SMALLEST + "apps:\n" + "".join(f"  - name: app-{i}\n{keys}    network: net_{i}\n" for i in range(count))


def measured(text: str) -> float:
    """Seconds that reading takes, the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        with suppress(SpecError):
            load.parse(text)
        times.append(time.perf_counter() - start)
    return min(times)


def test_cost_grows_with_the_apps() -> None:
    assert len(load.parse(apps(1000)).apps) == 1000
    few, many = measured(apps(250)), measured(apps(1000))
    assert many < 4 * few * 2.5, f"four times the apps cost {many / few:.1f} times the time"


def test_mistakes_cost_no_more_than_their_number() -> None:
    def bad(count: int) -> str:
        return SMALLEST + "apps:\n" + "".join(f"  - {{name: App {i}, prt: 80, helth: x}}\n" for i in range(count))

    few, many = measured(bad(250)), measured(bad(1000))
    assert many < 4 * few * 2.5, f"four times the mistakes cost {many / few:.1f} times the time"


def only_spec_errors(source: str | bytes) -> None:
    try:
        load.parse(source)
    except SpecError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.message
            assert str(problem).isprintable(), problem


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_nothing_but_spec_errors_on_any_text_and_bytes(source: str | bytes) -> None:
    only_spec_errors(source)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(
    ["name", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!x ", "? ", "|\n", ">\n", '"', "'", "#", "%YAML 1.2\n", "%YAML ",
     "---\n", "...\n", "\t", "<<", "~", "5", "alerting", "apps", "slack", "é", "\r\n", "@", "`", "\\", "|2\n", "!!str ", "%TAG ! x\n", "1.1"]
), max_size=30).map("".join))  # fmt: skip
def test_nothing_but_spec_errors_on_anything_like_yaml(source: str) -> None:
    only_spec_errors(source)


@given(st.dictionaries(
    st.sampled_from(["name", "host", "apps", "alerting", "redis", "backup", "ports", "extra", "images", "collector", "retention", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text("aZ0-./#: ", max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "slack", "channel", "memory", "cron", "every", "rpo", "overrides", "pii", "compose",
                                           "patterns", "loki", "prometheus", "port", "for", "tag"]), inner, max_size=4),
        max_leaves=12,
    ), max_size=6,
))  # fmt: skip
def test_nothing_but_spec_errors_on_any_tree(tree: dict[str, object]) -> None:
    only_spec_errors(json.dumps(tree))
