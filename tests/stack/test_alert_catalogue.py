"""What holds for every alert of the catalogue, whatever the spec says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from midwatch.plan.build import catalogue
from midwatch.plan.model import Alert
from midwatch.render.tree import Rendered, render_all
from midwatch.spec.load import parse
from midwatch.spec.quantity import parse_duration

BASE = """
name: demo
host: {cpus: 8, memory: 16GiB, disk: 160GiB}
alerting:
  slack: {channel: "#alerts"}
"""
SECTIONS = ["What you see", "What it means", "Confirm", "Recover", "Verify", "Escalate", "Prevent"]


def apps(number: int) -> str:
    """That many apps: in turn with all, without a health URL, without metrics."""
    kinds = ("port: 3000, health: /health", "port: 3000", "port: 3000, metrics: null, health: /health")
    return "\n".join(["apps:"] + [f"  - {{name: app{n}, {kinds[n % 3]}}}" for n in range(number)]) if number else ""


def rendered(text: str) -> Rendered:
    """The tree of a spec."""
    return render_all(parse(text, "stack.yaml", Path()))


@pytest.fixture(scope="module")
def full() -> Rendered:
    """A stack that uses everything."""
    return rendered(BASE + "redis: {use: sessions, replica: true}\n" + apps(3))


def promtool(made: Rendered, folder: Path) -> None:
    """Check and test the rules of a tree with the real promtool."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not on PATH")
    for path, file in made.tree.items():
        if path.startswith("prometheus/"):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
    for command, pattern in (("check", "rules/*.yml"), ("test", "tests/*.yml")):
        files = sorted(map(str, (folder / "prometheus").glob(pattern)))
        done = subprocess.run([program, command, "rules", *files], capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_every_alert_of_the_issue_has_a_file(full: Rendered) -> None:
    """No file of the catalogue is left out of a stack that uses everything, but those for another use of Redis."""
    assert {alert.name for alert in full.alerts.alerts} == catalogue().alert_names()


def test_sections_of_the_runbooks(full: Rendered) -> None:
    """Each page has exactly the seven sections, in their order, and nothing unresolved."""
    for alert in full.alerts.alerts:
        assert re.findall(r"^## (.+)$", alert.runbook, re.MULTILINE) == SECTIONS, alert.name
        assert alert.runbook.startswith(f"# {alert.name}\n"), alert.name
        assert "[[" not in alert.runbook and "[%" not in alert.runbook, alert.name


def test_a_page_for_tired_people(full: Rendered) -> None:
    """One short summary, one sentence of impact, one action; each alert fires in one test and is silent in another."""
    for alert in full.alerts.alerts:
        for text in (alert.summary, alert.impact, alert.action):
            assert text and "\n" not in text and "None" not in text.replace("None. ", ""), (alert.name, text)
        assert any(test.fires for test in alert.tests), alert.name
        assert alert.name == "Watchdog" or any(not test.fires for test in alert.tests), alert.name


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_title_for_a_phone(language: str) -> None:
    """After severity and stack: two lines of a phone at most. A label or value counts as 8 letters."""
    for alert in rendered(BASE + f"runbooks: {{language: {language}}}\n" + apps(3)).alerts.alerts:
        shown = re.sub(r"\{\{.*?\}\}", "12345678", alert.summary)
        assert len(shown) <= 70, (alert.name, shown)


def test_every_service_that_dies_pages(full: Rendered) -> None:
    """For each lasting service there is a critical alert that names it as the component."""
    down = {
        alert.labels["component"]
        for alert in full.alerts.alerts
        if alert.severity == "critical" and alert.name.endswith("Down")
    }
    assert {service.name for service in full.plan.services if not service.one_shot} <= down


def test_no_hidden_absence(full: Rendered) -> None:
    """`or vector(0)` would turn a vanished metric into a good value."""
    for alert in full.alerts.alerts:
        assert "or vector(" not in alert.expr, alert.name


@pytest.mark.parametrize("number", [0, 1, 40])
def test_rules_hold_for_any_number_of_apps(number: int, tmp_path: Path) -> None:
    """No apps, one, many: promtool accepts the rules, and their tests pass."""
    promtool(rendered(BASE + apps(number)), tmp_path)


@pytest.mark.parametrize("use", ["sessions", "cache", "queue"])
def test_rules_hold_for_each_use_of_redis(use: str, tmp_path: Path) -> None:
    """A cache may evict and be full; sessions and queues may not."""
    made = rendered(BASE + f"redis: {{use: {use}}}\n")
    names = {alert.name for alert in made.alerts.alerts}
    assert ("RedisEvictsKeys" in names, "RedisMemoryNearLimit" in names) == ((use != "cache"),) * 2
    promtool(made, tmp_path)


@pytest.mark.parametrize(("factor", "longer"), [(0.8, 60), (1.05, -14)])
def test_rules_hold_with_overrides(factor: float, longer: int, full: Rendered, tmp_path: Path) -> None:
    """Every alert with another threshold and another `for`: its own tests follow."""
    lines = ["  overrides:"]
    for name in sorted(catalogue().alert_names() - {"Watchdog", "CriticalUnresolved"}):
        found = _threshold(full, name)
        more = f", threshold: {found * factor:g}" if found is not None and found * factor < 1 else ""
        usual = next(parse_duration(alert.for_) for alert in full.alerts.alerts if alert.name == name)
        lines.append(f"    {name}: {{for: {max(0, usual + longer)}s{more}}}")
    promtool(rendered(BASE + "\n".join(lines) + "\nredis: {replica: true}\n" + apps(2)), tmp_path)


def _threshold(made: Rendered, name: str) -> float | None:
    """The ratio that an alert compares with, read from its file; None for other units and for none at all."""
    source = next(alert.source for alert in made.alerts.alerts if alert.name == name)
    text = (catalogue().folder / source).read_text(encoding="utf-8")
    found = re.search(r"^threshold: (0\.\d+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else None


def test_pages_exist_for_switched_off_alerts_no_more() -> None:
    """An alert that is off has no rule, and the readiness card names it."""
    text = BASE + "  overrides:\n    HostInodesLow: {off: true}\n"
    made = rendered(text)
    assert "HostInodesLow" not in {alert.name for alert in made.alerts.alerts}
    assert [alert.name for alert in made.alerts.disabled] == ["HostInodesLow"]
    assert b"HostInodesLow" in made.tree["READINESS.md"].data


def test_names_are_unique_across_components(full: Rendered) -> None:
    """Overrides, silences and pages go by the name alone."""
    owners: dict[str, set[str]] = {}
    alert: Alert
    for alert in full.alerts.alerts:
        owners.setdefault(alert.name, set()).add(alert.source)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
