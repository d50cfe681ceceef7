"""An alert is led through the routes, and silenced, as Alertmanager does it."""

from __future__ import annotations

import pytest

from midwatch.check.alertmanager import inhibits, routes, tells
from midwatch.check.document import mapping, parse
from tests.conftest import EXAMPLES

CONFIG = parse(
    "a.yml",
    b"""
route:
  receiver: top
  active_time_intervals: [day]
  routes:
    - match: {severity: info}
      receiver: log
    - match_re: {service: "web|api"}
      continue: true
      receiver: web
    - matchers: ['{severity=~"crit.*", team!="b"}']
      routes:
        - matchers: ['a = "x\\"y,z"', b=1]
          receiver: quoted
        - matchers: ["team!~c|d"]
          receiver: of-team
          mute_time_intervals: [night]
    - matchers: severity="critical"
      receiver: rest
receivers:
  - name: top
    email_configs: [{to: a}]
  - name: log
    slack_configs: []
  - name: web
""",
)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("", ["top"]),
        ("severity=info", ["log"]),
        ("severity=info service=web", ["log"]),
        ("service=api", ["web"]),
        ("service=apis", ["top"]),
        ("service=web severity=critical", ["web", "of-team"]),
        ("severity=critical team=b", ["rest"]),
        ("severity=critical team=c", ["top"]),
        ('severity=critical a=x"y,z b=1', ["quoted"]),
    ],
)
def test_routes(labels: str, receivers: list[str]) -> None:
    given = {pair.partition("=")[0]: pair.partition("=")[2] for pair in labels.split()}
    assert [route.receiver for route in routes(CONFIG, given)] == receivers


@pytest.mark.parametrize("example", sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()))
def test_the_routes_of_the_examples_are_those_that_amtool_sees(example: str) -> None:
    """The route tests of each example are run by amtool itself, as a judge."""
    folder = EXAMPLES / example / "generated" / "alertmanager"
    config, cases = (parse(name, (folder / name).read_bytes()) for name in ("alertmanager.yml", "routes.test.yaml"))
    assert cases.data
    for case in cases.data:
        labels = {name: str(value) for name, value in case["labels"].items()}
        assert [route.receiver for route in routes(config, labels)] == [case["receiver"]]


def test_hours_are_those_of_the_route_itself_and_not_inherited() -> None:
    (here,) = routes(CONFIG, {"severity": "critical", "team": "a"})
    assert (here.times, here.key) == ("mute_time_intervals", ("route", "routes", 2, "routes", 1))
    assert [route.times for route in routes(CONFIG, {"severity": "critical", "team": "c"})] == [""]
    assert [route.times for route in routes(CONFIG, {})] == ["active_time_intervals"]


def test_who_is_told() -> None:
    assert [tells(CONFIG, name) for name in ("top", "log", "web", "unknown")] == [True, False, False, False]


OLD = "{source_match: {alertname: W}, target_match_re: {severity: c.*}, equal: [j]}"


@pytest.mark.parametrize(
    ("rule", "target", "silenced"),
    [
        ("{source_matchers: [alertname=W], target_matchers: [severity=critical]}", {"severity": "critical"}, True),
        ("{source_matchers: [alertname=W], target_matchers: [severity=critical]}", {"severity": "info"}, False),
        (OLD, {"severity": "c"}, True),
        (OLD, {"severity": "c", "j": "a"}, False),
        ("{source_matchers: [severity=~'.*'], target_matchers: [severity=~'.*']}", {"severity": "critical"}, False),
    ],
)  # fmt: skip
def test_inhibition(rule: str, target: dict[str, str], silenced: bool) -> None:
    assert inhibits(mapping(parse("r.yml", rule.encode()).data), {"alertname": "W"}, target) is silenced
