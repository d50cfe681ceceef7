"""What the second on call reads: the alert that nobody has ended, its impact, its first action and its runbook."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.model import Alert
from midwatch.render.tree import Rendered, render_all
from tests.conftest import make_spec
from tests.stack.alerting import alerting
from tests.stack.programs import free_port, needed, running

SPEC: dict[str, Any] = {
    "name": "shop",
    "redis": {"use": "sessions"},
    "apps": [{"name": "till", "port": 3000, "health": "/health"}, {"name": "batch", "port": 3000}],
    "alerting": {"slack": {"channel": "#all"}, "escalation": {"channel": "#boss", "mention": "<!here>"}},
    "runbooks": {"base_url": "https://r.example"},
}
YAML_OF = YAML(typ="safe")
# what fires: its own labels, as ALERTS has them
CASES: dict[str, dict[str, str]] = {
    "RedisDown": {"component": "redis", "job": "redis"},
    "TargetDown": {"component": "loki", "job": "loki"},
    "BackupStale": {"component": "backup-redis", "store": "redis"},
    "RestoreTestFailing": {"component": "backup-loki", "store": "loki"},
    "ServiceProbeFailing": {"component": "gateway"},
    "RedisRefusesWrites": {"component": "redis", "err": "OOM"},
    "AppProbeFailing": {"component": "till", "app": "till", "instance": "http://till:3000/health"},
    "AppScrapeFailing": {"component": "batch", "app": "batch"},
    "HostDiskCritical": {"component": "node-exporter", "mountpoint": "/data"},
}


def made(language: str = "en") -> Rendered:
    return render_all(make_spec(**{**SPEC, "runbooks": {**SPEC["runbooks"], "language": language}}))


def shown(text: str, labels: Mapping[str, str]) -> str:
    """A text as Prometheus fills it in, by hand: the label, or the first of two cases."""
    text = re.sub(r"\{\{ if eq \$labels\.\w+ [^}]*\}\}(.*?)\{\{ else \}\}.*?\{\{ end \}\}", r"\1", text)
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)


def rule(rendered: Rendered) -> dict[str, Any]:
    """The generated rule of the escalation."""
    parsed = YAML_OF.load(rendered.tree["prometheus/rules/alertmanager.yml"].data.decode())
    (found,) = [one for group in parsed["groups"] for one in group["rules"] if one["alert"] == "CriticalUnresolved"]
    answer: dict[str, Any] = found
    return answer


def told(rendered: Rendered, folder: Path, name: str, labels: dict[str, str], wanted: dict[str, str]) -> str:
    """What promtool says against these annotations once this alert has been firing for an hour."""
    every = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    series = f'ALERTS{{alertname="{name}", alertstate="firing", severity="critical", {every}}}'
    mine = {**rule(rendered)["labels"], **labels, "unresolved": name}
    expected = {"exp_labels": mine, "exp_annotations": wanted}
    case = {"eval_time": "1h", "alertname": "CriticalUnresolved", "exp_alerts": [expected]}
    test = {"interval": "1m", "input_series": [{"series": series, "values": "1x90"}], "alert_rule_test": [case]}
    (folder / "rules.yml").write_bytes(rendered.tree["prometheus/rules/alertmanager.yml"].data)
    with (folder / "test.yml").open("w") as file:
        YAML_OF.dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}, file)
    command = [needed("promtool"), "test", "rules", str(folder / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def wanted(rendered: Rendered, original: Alert, labels: Mapping[str, str]) -> dict[str, str]:
    own = rule(rendered)["annotations"]
    return {
        "summary": shown(own["summary"], {**labels, "unresolved": original.name}),
        "description": own["description"],
        "impact": shown(original.impact, labels),
        "action": shown(original.action, labels),
        "runbook_url": f"https://r.example/{original.name}.md",
    }


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_it_says_what_the_alert_itself_said(name: str, language: str, tmp_path: Path) -> None:
    rendered, labels = made(language), CASES[name]
    found = [one for one in rendered.alerts.alerts if one.name == name and one.severity == "critical"]
    original = next((one for one in found if one.labels["component"] == labels["component"]), found[0])
    texts = wanted(rendered, original, labels)
    assert told(rendered, tmp_path, name, labels, texts) == ""
    assert told(rendered, tmp_path, name, labels, {**texts, "impact": "something else"}) != ""


def test_of_an_alert_of_ones_own_it_says_how_to_find_out(tmp_path: Path) -> None:
    rendered = made()
    (mine,) = [one for one in rendered.alerts.alerts if one.name == "CriticalUnresolved"]
    texts = {**wanted(rendered, mine, {"component": "shop"}), "impact": mine.impact, "action": mine.action}
    texts["summary"] = texts["summary"].replace("CriticalUnresolved", "OrdersStuck")
    assert told(rendered, tmp_path, "OrdersStuck", {"component": "shop"}, texts) == ""


def test_each_critical_rule_has_its_texts_and_none_shows_a_value() -> None:
    """The value of what is escalated is always 1."""
    rendered = made()
    mine = rule(rendered)["annotations"]
    critical = [
        one for one in rendered.alerts.alerts if one.severity == "critical" and one.name != "CriticalUnresolved"
    ]
    assert len(critical) > 40
    for one in critical:
        assert "$value" not in one.impact + one.action, one.name
        assert f'"{one.name}"' in mine["impact"] and f'"{one.name}"' in mine["action"], one.name
        assert re.search(rf"[(|]{one.name}[|)]", mine["runbook_url"]), one.name


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Not solved for 15 minutes:"), ("de", "Seit 15 Minuten ungelöst:")]
)
def test_it_begins_with_how_long(language: str, said: str) -> None:
    assert rule(made(language))["annotations"]["summary"].startswith(said)


def test_severity_by_the_spec_counts() -> None:
    alerting = {
        **SPEC["alerting"],
        "overrides": {"LokiSlow": {"severity": "critical"}, "RedisDown": {"severity": "info"}},
    }
    mine = rule(render_all(make_spec(**{**SPEC, "alerting": alerting})))["annotations"]["impact"]
    assert '"LokiSlow"' in mine and '"RedisDown"' not in mine


def test_the_message(tmp_path: Path) -> None:
    """Through a real Prometheus and Alertmanager, as the second on call reads it; only the waiting is left out."""
    rendered = made()
    rules = YAML_OF.load(rendered.tree["prometheus/rules/alertmanager.yml"].data.decode())
    rules["groups"] = [{"name": "escalation", "rules": [{**rule(rendered), "for": "0s"}]}]
    labels = {"severity": "critical", **CASES["RedisDown"]}
    down = {"alert": "RedisDown", "expr": "vector(1)", "labels": labels, "annotations": {"summary": "Redis is down"}}
    rules["groups"].append({"name": "redis", "rules": [down]})
    with alerting(tmp_path, **SPEC) as one:
        config = {
            "global": {"evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [one.url.removeprefix("http://")]}]}]},
        }
        for name, content in (("prometheus.yml", config), ("rules.yml", rules)):
            with (tmp_path / name).open("w") as file:
                YAML_OF.dump(content, file)
        command = [
            needed("prometheus"), f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}", f"--web.listen-address=127.0.0.1:{free_port()}",
            # What it sent before it knew of Alertmanager is lost, and by default not sent again for a minute.
            "--rules.alert.resend-delay=1s",
        ]  # fmt: skip
        with running(command, tmp_path / "prometheus.log"):
            one.messages(2)
            message = next(each for each in one.sink.messages if each.channel == "#boss")
    (part,) = message.attachments
    assert message.text == "<!here> Not solved for 15 minutes: RedisDown (redis)"
    assert part.title == "🔴 CRITICAL shop/production: Not solved for 15 minutes: RedisDown (redis)"
    assert part.link == "https://r.example/RedisDown.md"
    assert part.text.splitlines()[:4] == [
        "*Impact:* The apps cannot reach their sessions.",
        "*First:* `docker compose up -d redis &amp;&amp; docker compose logs --tail=50 redis`",
        "It has been firing for 15 minutes. Ask in the channel who is on it; if nobody answers, take over.",
        "*Runbook:* https://r.example/RedisDown.md",
    ]
