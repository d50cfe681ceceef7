"""The merge of values: what each side changed arrives, what both changed conflicts, style is no change."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.model import plain
from midwatch.merge.path import show
from midwatch.merge.three import Merged, differences, merge

SERVICE = "services: {web: {%s}}"


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def three(base: str, ours: str, theirs: str, kind: Kind = Kind.COMPOSE) -> Merged:
    return merge(build(kind, load(base)), build(kind, load(ours)), build(kind, load(theirs)))


def web(base: str, ours: str, theirs: str) -> Merged:
    return three(SERVICE % base, SERVICE % ours, SERVICE % theirs)


def value(merged: Merged) -> Any:
    assert merged.node is not None
    assert not merged.conflicts, [show(conflict.path) for conflict in merged.conflicts]
    return plain(merged.node)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("ports: ['80:80', '90:90']", "ports: ['81:80', '90:90']", "ports: ['80:80', '91:90']", ["81:80", "91:90"]),
        ("ports: ['80:80']", "ports: ['80:80', '7:7']", "ports: ['80:80', '8:8']", ["80:80", "7:7", "8:8"]),
        ("ports: ['80:80']", "ports: [{target: 80, published: 80}]", "ports: ['81:80']",
         [{"target": 80, "published": "81"}]),
        ("ports: ['80:80']", "ports: ['127.0.0.1:80:80']", "ports: ['81:80']", ["127.0.0.1:81:80"]),
        ("ports: ['80:80']", "ports: ['[::1]:80:80']", "ports: ['81:80']", ["[::1]:81:80"]),
        ("ports: ['53:53/udp']", "ports: ['53:53/udp', '53:53']", "ports: ['54:53/udp']", ["54:53/udp", "53:53"]),
    ],
)  # fmt: skip
def test_ports_by_target(base: str, ours: str, theirs: str, result: list[Any]) -> None:
    assert value(web(base, ours, theirs))["services"]["web"]["ports"] == result


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("environment: {A: 1}", "environment: [A=1, B=2]", "environment: {A: 3}", ["A=3", "B=2"]),
        ("environment: [A=1]", "environment: {A: 1, B: 2}", "environment: [A=3]", {"A": "3", "B": 2}),
        ("environment: {A: 1, B: 1}", "environment: {A: 2, B: 1}", "environment: {B: 1}", None),
        ("depends_on: [a]", "depends_on: {a: {condition: service_started}}", "depends_on: [a, b]",
         {"a": {"condition": "service_started"}, "b": {"condition": "service_started"}}),
        ("depends_on: [a]", "depends_on: [a, c]", "depends_on: {a: {condition: service_healthy}}",
         {"a": {"condition": "service_healthy"}, "c": {"condition": "service_started"}}),
        ("networks: [n]", "networks: {n: {aliases: [x]}}", "networks: [n, m]", {"n": {"aliases": ["x"]}, "m": {}}),
        ("networks: [n]", "networks: [n, o]", "networks: [n, m]", ["n", "o", "m"]),
        ("secrets: [s]", "secrets: [{source: s}, mine]", "secrets: [s, t]", [{"source": "s"}, "mine", "t"]),
    ],
)  # fmt: skip
def test_both_forms(base: str, ours: str, theirs: str, result: Any) -> None:
    merged = web(base, ours, theirs)
    if result is None:
        assert [show(conflict.path) for conflict in merged.conflicts] == ["services.web.environment.A"]
    else:
        key = base.partition(":")[0]
        assert value(merged)["services"]["web"][key] == result


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mem_limit: 512m", "mem_limit: 512M"), ("mem_limit: 512m", "mem_limit: 536870912"),
        ("mem_limit: 1g", "mem_limit: 1024MiB"), ("stop_grace_period: 60s", "stop_grace_period: 1m"),
        ("cpus: 0.5", "cpus: '0.50'"), ("environment: {A: 1}", "environment: [A=1]"),
        ("ports: [80]", "ports: [{target: 80}]"), ("ports: ['80:80/tcp']", "ports: ['80:80']"),
        ("volumes: ['./a:/b:ro']", "volumes: [{type: bind, source: ./a, target: /b, read_only: true}]"),
        ("healthcheck: {test: a b}", "healthcheck: {test: [CMD-SHELL, a b]}"),
        ("command: a --b=c 'd e'", "command: [a, --b=c, d e]"),
        ("security_opt: [x, y]", "security_opt: [y, x]"), ("networks: {n: }", "networks: [n]"),
        ("interval: 30s", "interval: '30s'"), ("environment: {A: true}", "environment: [A=true]"),
        ("command: [--storage.tsdb.retention.time=7d]", "command: [--storage.tsdb.retention.time=1w]"),
        ("command: [--storage.tsdb.retention.time=7d]", "command: --storage.tsdb.retention.time=168h"),
        ("command: [--storage.tsdb.retention.time, 7d]", "command: [--storage.tsdb.retention.time, 168h]"),
        ("command: [--storage.tsdb.retention.size=6GB]", "command: [--storage.tsdb.retention.size=6144MB]"),
        ("command: [--query.timeout=2m]", "command: [--query.timeout=120s]"),
        ("command: [--data.retention=120h]", "command: [--data.retention=7200m]"),
        ("command: [--housekeeping_interval=30s]", "command: [--housekeeping_interval=0.5m]"),
        ("command: [redis-server, --maxmemory, 256mb]", "command: [redis-server, --maxmemory, 268435456]"),
    ],
)  # fmt: skip
def test_style_is_no_change(one: str, other: str) -> None:
    first, second = (build(Kind.COMPOSE, load(SERVICE % text)) for text in (one, other))
    assert not list(differences(first, second))
    again = build(Kind.COMPOSE, plain(first))
    assert not list(differences(first, again)), "what is written back means the same"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.COMPOSE, "services: {a: {mem_limit: 512m}}", "services: {a: {mem_limit: 513m}}"),
        (Kind.COLLECTOR, "processors: {a: {value: 1}}", "processors: {a: {value: '1'}}"),
        (Kind.RULES, "groups: [{name: a, rules: [{alert: A, for: 1m}]}]",
         "groups: [{name: a, rules: [{alert: A, for: 2m}]}]"),
        (Kind.ALERTMANAGER, "route: {routes: [{matchers: [a=b]}, {matchers: [c=d]}]}",
         "route: {routes: [{matchers: [c=d]}, {matchers: [a=b]}]}"),
        (Kind.COMPOSE, "services: {a: {command: [x, -a, -b]}}", "services: {a: {command: [x, -b, -a]}}"),
        (Kind.COMPOSE, "services: {a: {privileged: true}}", "services: {a: {privileged: 'true'}}"),
        (Kind.COMPOSE, "services: {a: {command: [--storage.tsdb.retention.time=7d]}}",
         "services: {a: {command: [--storage.tsdb.retention.time=8d]}}"),
        # The user's own text has no unit.
        (Kind.RULES, "groups: [{name: a, rules: [{alert: A, labels: {for: 1m}}]}]",
         "groups: [{name: a, rules: [{alert: A, labels: {for: 60s}}]}]"),
        (Kind.PROMETHEUS, "scrape_configs: []\nglobal: {external_labels: {max_size: 1m}}",
         "scrape_configs: []\nglobal: {external_labels: {max_size: 1024k}}"),
        # Alertmanager knows no days.
        (Kind.COMPOSE, "services: {a: {command: [--data.retention=168h]}}",
         "services: {a: {command: [--data.retention=7d]}}"),
        (Kind.COMPOSE, "services: {a: {command: [--maxmemory, 256mb]}}",
         "services: {a: {command: [--maxmemory, 256m]}}"),
        (Kind.COMPOSE, "services: {a: {command: [--config=1m]}}", "services: {a: {command: [--config=60s]}}"),
        (Kind.COMPOSE, "services: {a: {command: [{x: 1}]}}", "services: {a: {command: [{x: 2}]}}"),
    ],
)  # fmt: skip
def test_these_are_changes(kind: Kind, one: str, other: str) -> None:
    assert list(differences(build(kind, load(one)), build(kind, load(other))))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.ALERTMANAGER, "route: {matchers: [a=b]}", """route: {matchers: ['a = "b"']}"""),
        (Kind.RULES, "groups: [{name: a, rules: [{alert: A, expr: up == 0}]}]",
         "groups: [{name: a, rules: [{alert: A, expr: 'up  ==\n\n 0'}]}]"),
        (Kind.RULES, "groups: [{name: a, interval: 60s, rules: []}]", "groups: [{name: a, interval: 1m, rules: []}]"),
        (Kind.LOKI, "limits_config: {retention_period: 7d, max_line_size: 256KB}\ncompactor: {}",
         "limits_config: {retention_period: 168h, max_line_size: 262144B}\ncompactor: {}"),
        (Kind.COLLECTOR, "processors: {batch: {timeout: 1s}}", "processors: {batch: {timeout: 1000ms}}"),
        (Kind.PROMETHEUS, "global: {scrape_interval: 1m}", "global: {scrape_interval: '60s'}"),
    ],
)  # fmt: skip
def test_each_program_reads_it_its_own_way(kind: Kind, one: str, other: str) -> None:
    assert not list(differences(build(kind, load(one)), build(kind, load(other))))


def test_white_space_in_quotes_is_part_of_an_expression() -> None:
    rules = "groups: [{name: a, rules: [{alert: A, expr: 'up{a=\"%s\"}'}]}]"
    one, two = (build(Kind.RULES, load(rules % text)) for text in ("x y", "x  y"))
    assert list(differences(one, two))


def test_flags_are_matched_by_name() -> None:
    base, ours = "command: [a, --x=1, --y=1, -c, f]", "command: [a, --x=2, --y=1, -c, f]"
    merged = web(base, ours, "command: [a, --x=1, --y=2, --z, -c, g]")
    assert value(merged)["services"]["web"]["command"] == ["a", "--x=2", "--y=2", "--z", "-c", "g"]


def test_another_unit_of_a_flag_gives_way_and_is_no_conflict() -> None:
    flag = "command: [--storage.tsdb.retention.time=%s]"
    assert value(web(flag % "7d", flag % "168h", flag % "2w"))["services"]["web"]["command"] == [
        "--storage.tsdb.retention.time=2w"
    ]
    same = value(web(flag % "7d", flag % "2w", flag % "14d"))["services"]["web"]["command"]
    assert same == ["--storage.tsdb.retention.time=2w"]


def test_prometheus_own_file_says_its_retention_in_any_unit() -> None:
    text = "{scrape_configs: [], storage: {tsdb: {retention: {time: %s, size: %s}}}}"
    one, two = (build(Kind.PROMETHEUS, load(text % pair)) for pair in (("7d", "1GB"), ("168h", "1024MB")))
    assert not list(differences(one, two))


def test_a_flag_that_both_changed_conflicts() -> None:
    merged = web("command: [a, -c, f]", "command: [a, -c, mine]", "command: [a, -c, theirs]")
    assert [show(conflict.path) for conflict in merged.conflicts] == ["services.web.command[flag=-c value]"]


def test_what_one_side_removed_and_the_other_changed_conflicts_and_ours_is_kept() -> None:
    merged = three("services: {a: {image: x}, b: {}}", "services: {b: {}}", "services: {a: {image: y}, b: {}}")
    assert [show(conflict.path) for conflict in merged.conflicts] == ["services.a"]
    assert merged.node is not None
    assert plain(merged.node) == {"services": {"b": {}}}


def test_what_one_side_changed_and_the_other_removed_conflicts_and_ours_is_kept() -> None:
    merged = three("services: {a: {image: x}, b: {}}", "services: {a: {image: y}, b: {}}", "services: {b: {}}")
    assert [show(conflict.path) for conflict in merged.conflicts] == ["services.a"]
    assert merged.node is not None
    assert plain(merged.node) == {"services": {"a": {"image": "y"}, "b": {}}}


def test_what_both_put_in_by_one_name_is_merged_key_by_key() -> None:
    merged = three("services: {}", "services: {x: {image: a, init: true}}", "services: {x: {image: b, tty: true}}")
    assert [show(conflict.path) for conflict in merged.conflicts] == ["services.x.image"]
    assert merged.node is not None
    assert plain(merged.node) == {"services": {"x": {"image": "a", "init": True, "tty": True}}}


def test_an_item_of_a_set_that_both_replaced_conflicts() -> None:
    assert len(web("cap_add: [A, B]", "cap_add: [A, C]", "cap_add: [A, D]").conflicts) == 1
    merged = value(web("cap_add: [A]", "cap_add: [A, C]", "cap_add: [A, D]"))
    assert merged["services"]["web"]["cap_add"] == ["A", "C", "D"]


def test_lists_without_identity_are_aligned() -> None:
    base, ours = "x: [{a: 1}, {b: 1}, {c: 1}]", "x: [{a: 2}, {b: 1}, {c: 1}]"
    theirs = "x: [{a: 1}, {b: 1}, {new: 1}, {c: 1}]"
    assert value(three(base, ours, theirs, Kind.YAML)) == {"x": [{"a": 2}, {"b": 1}, {"new": 1}, {"c": 1}]}
    one = three("x: [{a: 1, b: 1}]", "x: [{a: 2, b: 1}]", "x: [{a: 1, b: 2}]", Kind.YAML)
    assert value(one) == {"x": [{"a": 2, "b": 2}]}


def test_two_different_items_at_one_place_of_an_ordered_list_conflict() -> None:
    merged = three("x: [1, 2]", "x: [1, 8, 2]", "x: [1, 9, 2]", Kind.YAML)
    assert [show(conflict.path) for conflict in merged.conflicts] == ["x"]


def test_a_name_that_is_given_twice_makes_the_list_one_value() -> None:
    """Which of the two is meant is not known; nothing is guessed, and nothing is dropped."""
    base, ours = "environment: [A=1, A=2]", "environment: [A=1, A=2, B=3]"
    assert value(web(base, ours, base))["services"]["web"]["environment"] == ["A=1", "A=2", "B=3"]
    assert [show(one.path) for one in web(base, ours, "environment: [A=1, A=2, C=3]").conflicts] == [
        "services.web.environment"
    ]


def test_what_both_put_in_at_two_places_conflicts() -> None:
    merged = three("x: [1, 2, 3]", "x: [9, 1, 2, 3]", "x: [1, 2, 3, 9]", Kind.YAML)
    assert [show(conflict.path) for conflict in merged.conflicts] == ["x"]


def test_routes_are_matched_by_matchers_and_keep_their_order() -> None:
    base = "route: {routes: [{matchers: [a=b], receiver: x}, {matchers: [c=d], receiver: x}]}\nreceivers: []"
    ours = "route: {routes: [{matchers: [c=d], receiver: mine}, {matchers: [a=b], receiver: x}]}\nreceivers: []"
    theirs = "route: {routes: [{matchers: [a=b], receiver: new}, {matchers: [c=d], receiver: x}]}\nreceivers: []"
    routes = value(three(base, ours, theirs, Kind.ALERTMANAGER))["route"]["routes"]
    assert routes == [{"matchers": ["c=d"], "receiver": "mine"}, {"matchers": ["a=b"], "receiver": "new"}]
    assert value(three(base, theirs, ours, Kind.ALERTMANAGER))["route"]["routes"] == routes


def test_a_route_whose_matchers_were_written_in_another_way_is_that_route_still() -> None:
    route = "route: {routes: [{matchers: [%s], receiver: %s}]}\nreceivers: []"
    base, ours, theirs = (route % pair for pair in (("a=b", "x"), ("'a = \"b\"'", "x"), ("a=b", "new")))
    (merged,) = value(three(base, ours, theirs, Kind.ALERTMANAGER))["route"]["routes"]
    assert merged == {"matchers": ['a = "b"'], "receiver": "new"}


def test_alerts_of_one_name_are_told_apart_by_their_labels() -> None:
    def rules(first: str, second: str) -> str:
        both = ((first, "x"), (second, "y"))
        parts = ", ".join(f"{{alert: A, expr: {expr}, labels: {{s: {s}}}}}" for expr, s in both)
        return f"groups: [{{name: g, rules: [{parts}]}}]"

    merged = value(three(rules("1", "2"), rules("1", "mine"), rules("new", "2"), Kind.RULES))
    assert [rule["expr"] for rule in merged["groups"][0]["rules"]] == ["new", "mine"]
