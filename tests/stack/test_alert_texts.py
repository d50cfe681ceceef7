"""The texts of every alert as the real promtool fills them in, from the series of the alert's own test."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.model import Alert
from midwatch.render.tree import Rendered
from tests.stack.programs import needed
from tests.stack.test_alert_catalogue import BASE, apps, rendered

TEXT = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
UNRESOLVED = re.compile(r"<no value>|%!|\{\{|\}\}|\[\[|\(\)|\bNaN\b|\bInf\b|<nil>|: ?$")
RAW = re.compile(r"\d\.\d{3,}|\de\+\d|\b\d{6,}\b|\d[dh] \d+[hm] \d")
"""A number as a program has it: many digits behind the point, an exponent, bytes by the hundred thousand, all units."""
NOT_GERMAN = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])|\b\d+[dhms]\b|\d%")


def cases(alerts: list[Alert]) -> list[dict[str, Any]]:
    """For each rule the first of its tests in which it fires, which here claims that nothing does: promtool then shows
    what did."""
    found = []
    for number, alert in enumerate(alerts):
        case = next(one for one in alert.tests if one.fires)
        series = [{"series": name, "values": values} for name, values in case.series.items()]
        judged = [{"eval_time": case.at, "alertname": alert.name, "exp_alerts": []}]
        test = {"name": f"case {number}", "interval": case.interval, "input_series": series, "alert_rule_test": judged}
        found.append(test)
    return found


def texts(made: Rendered, folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Annotations by name and component of the rule."""
    found = {}
    for group in dict.fromkeys(alert.group for alert in made.alerts.alerts):
        alerts = [alert for alert in made.alerts.alerts if alert.group == group]
        (folder / "rules.yml").write_bytes(made.tree[f"prometheus/rules/{group}.yml"].data)
        with (folder / "test.yml").open("w") as file:
            content = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": cases(alerts)}
            YAML(typ="safe").dump(content, file)
        command = [needed("promtool"), "test", "rules", str(folder / "test.yml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        for part in re.split(r"name: case (?=\d)", done.stdout + done.stderr)[1:]:
            alert = alerts[int(part.split(",")[0])]
            shown = re.search(r"Annotations:\{(.*)\}", part)
            assert shown, (alert.name, part)
            words = {key: re.sub(r"\\(.)", r"\1", text) for key, text in TEXT.findall(shown[1])}
            found[alert.name, alert.labels["component"]] = words
    return found


@pytest.fixture(scope="module", params=["en", "de"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rendered, dict[tuple[str, str], dict[str, str]]]:
    spec = f"runbooks: {{language: {request.param}}}\nredis: {{use: sessions}}\n"
    made = rendered(BASE + spec + apps(3))
    return made, texts(made, tmp_path_factory.mktemp(request.param))


def test_every_text_is_filled_in_and_speaks_to_people(
    filled: tuple[Rendered, dict[tuple[str, str], dict[str, str]]],
) -> None:
    made, shown = filled
    assert set(shown) == {(alert.name, alert.labels["component"]) for alert in made.alerts.alerts}
    german = made.plan.spec.runbooks.language == "de"
    for key, words in shown.items():
        assert {"summary", "impact", "action", "runbook_url"} <= set(words), key
        for name, text in words.items():
            assert text.strip() == text and text, (key, name, text)
            assert not UNRESOLVED.search(text), (key, name, text)
            if name != "runbook_url":
                assert not RAW.search(text), (key, name, text)
        assert not german or not NOT_GERMAN.search(words["summary"]), (key, words["summary"])
