"""The tree: complete, valid, nothing undefined, nothing that depends on the run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.errors import BlueprintError
from midwatch.render.environment import environment, render_text
from midwatch.render.model import Tree
from midwatch.render.tree import render, render_all
from tests.conftest import ROOT, make_spec

APPS = [
    {"name": "shop", "port": 3000, "health": "/health", "network": "shop_default", "redis": True},
    {"name": "no-metrics", "port": 80, "metrics": None, "health": "https://example.com/up"},
]


def parsed(tree: Tree, path: str) -> Any:
    return YAML(typ="safe", pure=True).load(tree[path].data)


@pytest.fixture(scope="module")
def tree() -> Tree:
    return render(make_spec(apps=APPS))


def test_the_same_spec_gives_the_same_bytes(tree: Tree) -> None:
    assert render(make_spec(apps=APPS)) == tree


def test_every_yaml_and_json_file_parses(tree: Tree) -> None:
    for path, file in tree.items():
        if path.endswith((".yaml", ".yml")):
            assert parsed(tree, path) is not None, path
        if path.endswith(".json"):
            json.loads(file.data)


def test_no_template_syntax_is_left(tree: Tree) -> None:
    for path, file in tree.items():
        text = file.data.decode()
        assert "[%" not in text, path
        assert "%]" not in text, path


def test_every_file_ends_with_one_newline(tree: Tree) -> None:
    for path, file in tree.items():
        assert file.data.endswith(b"\n"), path
        assert not file.data.endswith(b"\n\n"), path


def test_what_begins_with_a_shebang_is_executable(tree: Tree) -> None:
    assert tree["ops"].executable
    assert not tree["compose.yaml"].executable


def test_every_mounted_path_is_generated(tree: Tree) -> None:
    for service in parsed(tree, "compose.yaml")["services"].values():
        for mount in service.get("volumes", []):
            if isinstance(mount, str) and mount.startswith("./"):
                source = mount.split(":")[0].removeprefix("./")
                assert any(path == source or path.startswith(f"{source}/") for path in tree), mount


def test_every_alert_has_rule_test_and_runbook() -> None:
    rendered = render_all(make_spec(apps=APPS))
    assert rendered.alerts.alerts
    for alert in rendered.alerts.alerts:
        assert f"alert: {alert.name}\n" in rendered.tree[f"prometheus/rules/{alert.component}.yml"].data.decode()
        assert f'"{alert.name}: ' in rendered.tree[f"prometheus/tests/{alert.component}.test.yml"].data.decode()
        assert f"runbooks/{alert.name}.md" in rendered.tree
        assert any(test.fires for test in alert.tests), alert.name
        if alert.name != "Watchdog":
            assert any(not test.fires for test in alert.tests), alert.name


def test_every_runbook_has_its_sections() -> None:
    wanted = ["What you see", "What it means", "Confirm", "Recover", "Verify", "Escalate", "Prevent"]
    for alert in render_all(make_spec(apps=APPS)).alerts.alerts:
        found = [line[3:] for line in alert.runbook.splitlines() if line.startswith("## ")]
        assert found == wanted, alert.source


def test_apps_are_scraped_and_probed(tree: Tree) -> None:
    jobs = {job["job_name"]: job for job in parsed(tree, "prometheus/prometheus.yml")["scrape_configs"]}
    assert jobs["app-shop"]["static_configs"][0]["targets"] == ["shop:3000"]
    assert "app-no-metrics" not in jobs
    probed = [part["targets"][0] for part in jobs["probe-apps"]["static_configs"]]
    assert probed == ["http://shop:3000/health", "https://example.com/up"]


def test_an_override_changes_rule_runbook_and_test() -> None:
    override = {"ContainerNearMemoryLimit": {"threshold": 0.75, "for": "10m", "severity": "critical"}}
    spec = make_spec(alerting={"slack": {"channel": "#a"}, "overrides": override})
    tree = render(spec)
    rule = tree["prometheus/rules/container-exporter.yml"].data.decode()
    assert "> 0.75" in rule
    assert "for: 10m" in rule
    assert 'severity: "critical"' in rule
    assert "75 %" in tree["runbooks/ContainerNearMemoryLimit.md"].data.decode()
    cases = parsed(tree, "prometheus/tests/container-exporter.test.yml")["tests"]
    fires = next(case for case in cases if case["name"].startswith("ContainerNearMemoryLimit: above"))
    # 5 m in the blueprint, and the override waits 8 minutes longer than the usual 2
    assert fires["promql_expr_test"][0]["eval_time"] == "13m"


def test_an_alert_switched_off_is_named_on_the_card() -> None:
    spec = make_spec(alerting={"slack": {"channel": "#a"}, "overrides": {"TargetDown": {"off": True}}})
    tree = render(spec)
    assert "alert: TargetDown" not in tree["prometheus/rules/prometheus.yml"].data.decode()
    assert "- **TargetDown**" in tree["READINESS.md"].data.decode()
    assert "runbooks/TargetDown.md" not in tree


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_that_names_an_alert_links_to_it(language: str) -> None:
    tree = render(make_spec(runbooks={"language": language}))
    pages = {path: file.data.decode() for path, file in tree.items() if re.fullmatch(r"runbooks/[\w-]+\.md", path)}
    names = "|".join(path[9:-3] for path in pages if path[9].isupper() and path != "runbooks/README.md")
    for path, page in pages.items():
        text = re.sub(r"^ *```.*?^ *```$", "", page, flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r"^(#|- (Good|Bad|Gut|Schlecht):).*$", "", text, flags=re.MULTILINE)
        bare = re.findall(rf"(?<!\[)\b(?:{names})\b(?!\.md|\])", re.sub(r"`[^`\n]* [^`\n]*`", "", text))
        assert set(bare) <= {path[9:-3]}, path
    assert "[HostMemoryLow](HostMemoryLow.md)" in pages["runbooks/RedisRdbFailing.md"]
    assert "```" in pages["runbooks/TargetDown.md"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_card_names_the_channels_that_are_used(language: str) -> None:
    slack = {"channel": "#all", "channels": {"critical": "#night", "warning": "#day", "info": "#day"}}
    card = render(make_spec(alerting={"slack": slack}, runbooks={"language": language}))["READINESS.md"].data.decode()
    assert "Slack #night, #day" in card
    assert "#all" not in card


@pytest.mark.parametrize(("language", "app"), [("en", "uses an app gets"), ("de", "eine Anwendung nutzt")])
def test_the_list_of_alerts_reads_as_sentences(language: str, app: str) -> None:
    """Where nothing fires there is no label to name, and several services have no text in common but its end."""
    page = render(make_spec(apps=APPS, runbooks={"language": language}))["runbooks/README.md"].data.decode()
    assert app in page
    for broken in ("‹", "| …", " / ", "{{"):
        assert broken not in page, broken


def test_an_undefined_name_is_an_error_that_names_the_file() -> None:
    env = environment(ROOT / "blueprints" / "stack")
    with pytest.raises(BlueprintError, match="here"):
        render_text(env, "[[ nothing ]]", "here", {})
