"""Every metric and every label that an alert of the catalogue uses is one that a component of the stack exports.

The ground truth is the record of each component (metrics.txt), which the lab makes from the running programs. Each name
is also misspelt, one place at a time: that must be noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midwatch.check import stack
from midwatch.check.exports import Exports, exports
from midwatch.check.prometheus import Alert, alerts
from midwatch.check.promlabels import follow
from midwatch.check.promql import selectors
from midwatch.check.rules import alert_labels, alert_metrics
from midwatch.render.tree import render_all
from midwatch.spec.load import parse
from tests.stack.test_alert_mutations import SPEC, failed, write

WORD = re.compile(r"[a-zA-Z_]\w*")
BY = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
MATCHERS = re.compile(r'\{((?:[^}"]|"[^"]*")*)\}')
MATCHER = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*\"[^\"]*\"")
SOURCE = re.compile(r'label_replace\(.*?"[^"]*",\s*"[^"]*",\s*"(\w+)"', re.DOTALL)
SHOWN = re.compile(r"\$labels\.(\w+)")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> stack.Stack:
    """A stack that uses everything, as `check` reads it."""
    folder = tmp_path_factory.mktemp("exports")
    for path, file in render_all(parse(SPEC, "stack.yaml", folder)).tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    return stack.read(folder, use_compose=False)


@pytest.fixture(scope="module")
def exported(read: stack.Stack) -> Exports:
    return exports(read)


@pytest.fixture(scope="module")
def every(read: stack.Stack) -> list[Alert]:
    """One rule of each alert whose expression reads a metric."""
    found = {alert.name: alert for alert in alerts(read) if not alert.logs and selectors(alert.expr)}
    assert len(found) > 50
    return list(found.values())


def noticed(alert: Alert, read: stack.Stack, exported: Exports) -> bool:
    """Whether the rules of `check` find something in this alert."""
    branches, slips = follow(alert.expr, exported.labels)
    return bool(slips) or any(True for _ in alert_labels.flaws_of_texts(alert, branches))


def misspelt(text: str, start: int, end: int) -> str:
    return f"{text[:end]}x{text[end:]}"


def places(expr: str) -> Iterator[tuple[int, int]]:
    """Where a label's name stands in an expression."""
    for group in BY.finditer(expr):
        yield from (found.span() for found in WORD.finditer(expr, *group.span(1)))
    for group in MATCHERS.finditer(expr):
        yield from (found.span(1) for found in MATCHER.finditer(expr, *group.span(1)))
    yield from (found.span(1) for found in SOURCE.finditer(expr))


def test_nothing_is_used_that_nobody_exports(read: stack.Stack) -> None:
    for rule in (alert_metrics.RULE, alert_labels.RULE):
        assert [finding.message for finding in rule.findings(read)] == []


def test_every_target_of_the_stack_has_a_record(exported: Exports) -> None:
    """Else its metrics were not judged at all."""
    without = {job for job, scrape in exported.scrapes.items() if scrape.record is None}
    assert without == {"app-shop", "app-till", "app-batch"}
    assert all(scrape.labels is not None for scrape in exported.scrapes.values())


def test_each_misspelt_metric_is_noticed(every: list[Alert], read: stack.Stack, exported: Exports) -> None:
    missed = {
        selector.metric
        for alert in every
        for selector in selectors(alert.expr)
        if not alert_metrics.problem(replace(selector, metric=f"{selector.metric}x"), exported)
    }
    assert missed <= {"up", "ALERTS", "target_info"}, "an app might export upx; the alerts' own tests notice those"


def test_each_misspelt_label_is_noticed(
    every: list[Alert], read: stack.Stack, exported: Exports, tmp_path: Path
) -> None:
    """In a matcher, in `by`, `on` and their like, and in the texts of the alert. Where apps push what they like, the
    alert's own tests have to notice it."""
    count, unseen = 0, []
    for alert in every:
        for start, end in places(alert.expr):
            count += 1
            changed = replace(alert, expr=misspelt(alert.expr, start, end))
            if not noticed(changed, read, exported):
                unseen.append((alert.name, changed.expr))
        for key, text in alert.annotations.items():
            for found in SHOWN.finditer(str(text)):
                count += 1
                wrong = misspelt(str(text), *found.span(1))
                assert noticed(replace(alert, annotations={key: wrong}), read, exported), (alert.name, key, wrong)
    assert count > 300
    assert len(unseen) < 10, "metrics that an app may have too, with labels of its own"
    rendered = {alert.name: alert for alert in render_all(parse(SPEC, "stack.yaml", Path())).alerts.alerts}
    files = [
        write(tmp_path, f"{name}-{number}", replace(rendered[name], expr=expr), rendered[name])
        for number, (name, expr) in enumerate(unseen)
    ]
    assert failed(files) == set(files)


def test_the_places_of_labels_are_all_found() -> None:
    expr = 'sum by (a, b) (x{c="1", d=~"y{2}"}) / on (e) group_left (f) label_replace(z, "g", "$1", "h", "(.+)")'
    assert [expr[start:end] for start, end in places(expr)] == [*"abefcdh"]
