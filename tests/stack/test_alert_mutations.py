"""Every alert's own tests must notice when its rule is broken.

Each rule is broken in every way that a slip of the hand would: a comparison turned round, a metric misspelt, a set
operator exchanged, `for` left out. Its tests must then fail. One promtool process judges many mutants.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from midwatch import resources
from midwatch.plan.model import Alert
from midwatch.render.environment import environment, render_template
from midwatch.render.tree import render_all
from midwatch.spec.load import parse

SPEC = """
name: demo
host: {cpus: 4, memory: 8GiB, disk: 80GiB}
alerting: {slack: {channel: "#alerts"}}
redis: {use: sessions}
collector: {traces: {endpoint: "http://tempo:4318"}}
apps:
  - {name: shop, port: 3000, health: /health}
  - {name: till, port: 3000, health: /health}
  - {name: batch, port: 3000}
"""

TURNED = {">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
EXCHANGED = {"and": "or", "or": "and", "unless": "and"}
# A label matcher, a string or a range: nothing in it is an operator of the expression.
_MASKED = re.compile(r"""\{[^}]*\}|"[^"]*"|\[[^\]]*\]""")
_COMPARISON = re.compile(r">=|<=|==|!=|>|<")
_SET = re.compile(r"\b(and|or|unless)\b")
_METRIC = re.compile(r"\b(?:[a-z0-9]+_[a-z0-9_]+|up|ALERTS)\b(?!\s*\()")
_NO_METRIC = frozenset({"group_left", "group_right"})

# A bound other than 0 or 1 (which are states); not a factor.
_BOUND = re.compile(r"(?:>=|<=|==|!=|>|<)\s*((?!\b[01]\b(?!\.))\d+(?:\.\d+)?)(?![\d.]|\s*[*/])")

# Mutants that mean the same as the original, with the reason.
EQUIVALENT = frozenset(
    {
        # how much of two minutes must be known: ten or eleven of twelve scrapes
        ("CanaryMetricsNotArriving", "moved bound number 1 to 10"),
    }
)


@dataclass(frozen=True)
class Mutant:
    """One broken rule: what was done to it, and the alert as it is then."""

    what: str
    alert: Alert


def masked(expr: str) -> str:
    """The expression with everything that is no operator and no metric blanked out, at the same places."""
    return _MASKED.sub(lambda found: " " * len(found.group()), expr)


def mutants(alert: Alert) -> Iterator[Mutant]:
    """All mutants of one alert."""
    bare = masked(alert.expr)
    for table, pattern, name in ((TURNED, _COMPARISON, "turned"), (EXCHANGED, _SET, "exchanged")):
        for number, found in enumerate(pattern.finditer(bare), 1):
            expr = alert.expr[: found.start()] + table[found.group()] + alert.expr[found.end() :]
            yield Mutant(f"{name} {found.group()} number {number}", replace(alert, expr=expr))
    for metric in dict.fromkeys(_METRIC.findall(re.sub(r"\b(?:by|on|without|ignoring)\s*\([^)]*\)", "", bare))):
        if metric not in _NO_METRIC:
            yield Mutant(f"misspelt {metric}", replace(alert, expr=re.sub(rf"\b{metric}\b", f"{metric}x", alert.expr)))
    for number, found in enumerate(_BOUND.finditer(bare), 1):
        bound = float(found.group(1))
        step = 1 if bound == int(bound) < 20 else bound * 0.05  # counts are whole numbers
        for moved in (f"{bound - step:.10g}", f"{bound + step:.10g}"):
            expr = alert.expr[: found.start(1)] + moved + alert.expr[found.end(1) :]
            yield Mutant(f"moved bound number {number} to {moved}", replace(alert, expr=expr))
    if alert.for_ != "0s":
        yield Mutant("left out for", replace(alert, for_="0s"))


def write(folder: Path, name: str, rule: Alert, tests: Alert) -> Path:
    """The rule of one alert alone, and the tests of one; the path of the latter."""
    env = environment(resources.blueprints() / "stack")
    for kind, suffix, alert in (("rules", ".yml", rule), ("tests", ".test.yml", tests)):
        path = folder / kind / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        context = {"component": name, "alerts": (alert,), "version": "0"}
        path.write_text(render_template(env, f"prometheus/{kind}/__component__{suffix}.jinja", context))
    return path


def failed(files: list[Path]) -> set[Path]:
    """The test files that fail, by one promtool process."""
    program = shutil.which("promtool")
    assert program is not None
    done = subprocess.run([program, "test", "rules", *map(str, files)], capture_output=True, text=True, timeout=600)
    report = re.split(r"^Processing test file: (.+)$", done.stdout + done.stderr, flags=re.MULTILINE)[1:]
    verdicts = dict(zip(report[::2], report[1::2], strict=True))
    # promtool writes what is wrong to stderr, without the file: so only SUCCESS can be trusted.
    return {path for path in files if "SUCCESS" not in verdicts.get(str(path), "")}


@pytest.fixture(scope="module")
def alerts() -> tuple[Alert, ...]:
    """The first rule of each alert of a stack that uses everything."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not on PATH")
    found = render_all(parse(SPEC, "stack.yaml", Path())).alerts.alerts
    return tuple({alert.name: alert for alert in reversed(found)}.values())


def test_each_alert_passes_alone(alerts: tuple[Alert, ...], tmp_path: Path) -> None:
    """Before they are broken, all pass: else the mutation test proves nothing."""
    files = {write(tmp_path, alert.name, alert, alert): alert.name for alert in alerts}
    assert sorted(files[path] for path in failed(list(files))) == []


def test_every_mutant_is_noticed(alerts: tuple[Alert, ...], tmp_path: Path) -> None:
    """A broken rule fails its own tests."""
    files: dict[Path, str] = {}
    for alert in alerts:
        for number, mutant in enumerate(mutants(alert)):
            if (alert.name, mutant.what) not in EQUIVALENT:
                path = write(tmp_path, f"{alert.name}-{number}", mutant.alert, alert)
                files[path] = f"{alert.name}: {mutant.what}"
    paths = list(files)
    assert len(paths) > 2 * len(alerts)
    with ThreadPoolExecutor(2) as pool:
        noticed = set().union(*pool.map(failed, (paths[::2], paths[1::2])))
    missed = sorted(files[path] for path in paths if path not in noticed)
    assert not missed, "\n".join(missed)


def test_mutants_are_what_they_say(alerts: tuple[Alert, ...]) -> None:
    """The machinery itself: it breaks what it names, and nothing inside matchers, strings and ranges."""
    expr = 'up{job=~"a<b"} == 0 and on (job) rate(x_total[5m]) > 1.5'
    found = {mutant.what: mutant.alert for mutant in mutants(replace(alerts[0], expr=expr, for_="1m"))}
    assert set(found) == {
        "turned == number 1",
        "turned > number 2",
        "exchanged and number 1",
        "misspelt up",
        "misspelt x_total",
        "moved bound number 1 to 1.425",
        "moved bound number 1 to 1.575",
        "left out for",
    }
    assert found["turned > number 2"].expr == 'up{job=~"a<b"} == 0 and on (job) rate(x_total[5m]) < 1.5'
