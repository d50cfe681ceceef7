"""What a spec may change of an alert: every mistake with its place, and together with all others."""

from __future__ import annotations

import re

import pytest

from midwatch.errors import SpecError
from midwatch.plan.build import catalogue
from midwatch.plan.overridable import overridable
from midwatch.render.project import known
from midwatch.render.tree import render, render_all
from midwatch.spec.load import parse

BASE = "name: demo\nrunbooks: {language: LANGUAGE}\nalerting:\n  slack: {channel: '#a'}\n  overrides:\n"


def mistakes(*lines: str) -> list[str]:
    with pytest.raises(SpecError) as error:
        parse(BASE.replace("LANGUAGE", "en") + "".join(f"    {line}\n" for line in lines), known=known())
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("threshold", [80, 0, -0.5, 1.5])
def test_a_ratio_is_no_percentage(threshold: float) -> None:
    (text,) = mistakes(f"ContainerNearMemoryLimit: {{threshold: {threshold}}}")
    assert text.startswith("stack.yaml:6:43: alerting.overrides.ContainerNearMemoryLimit.threshold: is a ratio")
    assert ("mean 0.8?" in text) == (threshold == 80)


@pytest.mark.parametrize(
    "override",
    [
        "ContainerRestartLoop: {threshold: 0}",
        "AppCertificateExpiring: {threshold: 365}",
        "RestoreTestStale: {threshold: 48}",
        "HostDiskFilling: {threshold: 0.1}",
        "TargetDown: {threshold: 3}",
    ],
)
def test_a_threshold_that_would_fire_always_or_never(override: str) -> None:
    (text,) = mistakes(override)
    assert text.startswith("stack.yaml:6:")


def test_the_suggested_ratio_is_that_of_what_is_used() -> None:
    (text,) = mistakes("HostDiskFilling: {threshold: 80}")
    assert "mean 0.8?" in text
    spec = parse(BASE.replace("LANGUAGE", "en") + "    HostDiskFilling: {threshold: 0.8}\n", known=known())
    tree = render(spec)
    assert "node_filesystem_size_bytes > 0.8\n" in tree["prometheus/rules/node-exporter.yml"].data.decode()
    assert "`Use%` below 70 %" in tree["runbooks/HostDiskFilling.md"].data.decode()


def test_every_mistake_at_once() -> None:
    """Names, values and what has to stay on: one round is enough."""
    found = mistakes(
        "HostDiskFull: {for: 1m}", "LokiDiskFull: {threshold: 80}", "Watchdog: {off: true}", "TargetDown: {f: 1}"
    )
    assert [re.match(r"stack.yaml:(\d+):", text)[1] for text in found] == ["6", "7", "8", "9"]  # type: ignore[index]
    assert "cannot be switched off" in found[2]


def test_each_default_is_within_its_range() -> None:
    spec = parse(BASE.replace("LANGUAGE", "en").replace("  overrides:\n", ""), known=known())
    may = overridable(catalogue().folder)
    alerts = {alert.name: alert for alert in render_all(spec).alerts.alerts if alert.threshold is not None}
    assert len(alerts) > 15
    for name, alert in alerts.items():
        least, most = may[name].range or (0.0, 1.0)
        assert least <= (alert.threshold or 0) <= most, name
        assert may[name].unit == alert.unit


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_follows_the_threshold(language: str) -> None:
    """What is good and bad on the page is measured by the number that the spec gives."""
    may = {name for name, one in overridable(catalogue().folder).items() if one.unit == "ratio"}
    base = BASE.replace("LANGUAGE", language)
    usual = {alert.name: alert.threshold for alert in render_all(parse(base + "    {}\n", known=known())).alerts.alerts}
    tree = render(parse(base + "".join(f"    {name}: {{threshold: 0.77}}\n" for name in sorted(may)), known=known()))
    for name in sorted(may & set(usual)):
        page = tree[f"runbooks/{name}.md"].data.decode()
        number = f"{usual[name]:g}"
        old = rf"(?<![\d.,])({number}|{number.replace('.', ',')}|{(usual[name] or 0) * 100:g} %)(?!\d|[.,]\d)"
        told = re.findall(r"^- (?:Good|Bad|Gut|Schlecht): .*", page, re.MULTILINE)
        assert told
        assert [line for line in told if re.search(old, line)] == [], name
