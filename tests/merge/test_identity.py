"""Each row of the table of identities: what both sides did to different items of that list is merged."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.identity import TABLE
from midwatch.merge.model import plain, same
from midwatch.merge.three import differences, merge

Item = Any
ITEMS: dict[str, tuple[Item, Item, Item, Item]] = {
    "ports": ("80:80", "81:80", "90:90", "91:90"),
    "volumes": ("./a:/a", "./aa:/a", "./b:/b", "./bb:/b"),
    "secrets": ("s", {"source": "s", "target": "mine"}, "t", {"source": "t", "target": "theirs"}),
    "command": ("--one=1", "--one=2", "--two=1", "--two=2"),
    "tmpfs": ("/tmp:size=1m", "/tmp:size=2m", "/run:size=1m", "/run:size=2m"),
    "devices": ("/dev/a:/dev/x", "/dev/b:/dev/x", "/dev/a:/dev/y", "/dev/b:/dev/y"),
    "scrape_configs": ({"job_name": "a"}, {"job_name": "a", "x": 1}, {"job_name": "b"}, {"job_name": "b", "x": 1}),
    "remote_write": ({"url": "a"}, {"url": "a", "x": 1}, {"url": "b"}, {"url": "b", "x": 1}),
    "groups": ({"name": "a"}, {"name": "a", "x": 1}, {"name": "b"}, {"name": "b", "x": 1}),
    "rules": ({"record": "a"}, {"record": "a", "x": 1}, {"record": "b"}, {"record": "b", "x": 1}),
    "input_series": ({"series": "a"}, {"series": "a", "x": 1}, {"series": "b"}, {"series": "b", "x": 1}),
    "alert_rule_test": (
        {"alertname": "A", "eval_time": "1m"}, {"alertname": "A", "eval_time": "1m", "x": 1},
        {"alertname": "A", "eval_time": "2m"}, {"alertname": "A", "eval_time": "2m", "x": 1},
    ),
    "promql_expr_test": (
        {"expr": "a", "eval_time": "1m"}, {"expr": "a", "eval_time": "1m", "x": 1},
        {"expr": "a", "eval_time": "2m"}, {"expr": "a", "eval_time": "2m", "x": 1},
    ),
    "routes": (
        {"matchers": ["a=b", "c=d"]}, {"matchers": ["c=d", "a=b"], "x": 1}, {"match": {"a": "c"}},
        {"match": {"a": "c"}, "x": 1},
    ),
    "inhibit_rules": (
        {"source_matchers": ["a=b"], "target_matchers": ["c=d"]},
        {"source_matchers": ["a=b"], "target_matchers": ["c=d"], "x": 1},
        {"source_matchers": ["a=b"], "target_matchers": ["c=e"]},
        {"source_matchers": ["a=b"], "target_matchers": ["c=e"], "x": 1},
    ),
    "configs": ({"from": "2024"}, {"from": "2024", "x": 1}, {"from": "2025"}, {"from": "2025", "x": 1}),
    "": ({"labels": {"a": 1}}, {"labels": {"a": 1}, "x": 1}, {"labels": {"a": 2}}, {"labels": {"a": 2}, "x": 1}),
}  # fmt: skip
"""By the last step of the place: an item, what ours makes of it, another, what theirs makes of that."""
ALIKE = {
    "configs": "secrets", "entrypoint": "command", "remote_read": "remote_write", "tests": "groups",
    "receivers": "groups", "time_intervals": "groups", "mute_time_intervals": "groups",
}  # fmt: skip
LISTS = frozenset({"groups", "tests", "static_configs"})
HOW: dict[Kind, dict[str, str]] = {
    Kind.COMPOSE: {
        "keyed": """
            services.*.ports services.*.volumes services.*.secrets services.*.configs services.*.tmpfs
            services.*.devices
        """,
        "table": """
            services.*.environment services.*.labels services.*.annotations services.*.sysctls services.*.networks
            services.*.depends_on services.*.build.args services.*.deploy.labels networks.*.labels volumes.*.labels
        """,
        "keyed in order": "services.*.command services.*.entrypoint",
        "set": """
            services.*.cap_add services.*.cap_drop services.*.security_opt services.*.profiles services.*.expose
            services.*.group_add services.*.networks.*.aliases
        """,
        "ordered": "services.*.dns services.*.env_file",
        "whole": "services.*.healthcheck.test",
    },
    Kind.PROMETHEUS: {
        "keyed": "**.scrape_configs remote_write remote_read",
        "set": "**.static_configs.*.targets rule_files scrape_config_files otlp.promote_resource_attributes",
    },
    Kind.RULES: {
        "keyed": "groups",
        "keyed in order": "groups.*.rules",
    },
    Kind.RULE_TESTS: {
        "set": "rule_files",
        "keyed": "tests tests.*.input_series tests.*.alert_rule_test tests.*.promql_expr_test",
    },
    Kind.ALERTMANAGER: {
        "keyed": "receivers time_intervals mute_time_intervals inhibit_rules",
        "keyed in order": "**.routes",
        "set": """
            **.matchers **.source_matchers **.target_matchers **.equal **.group_by **.active_time_intervals
            **.mute_time_intervals templates
        """,
    },
    Kind.ROUTE_TESTS: {
        "keyed": "(file)",
    },
    Kind.COLLECTOR: {
        "set": """
            service.extensions service.pipelines.*.receivers service.pipelines.*.exporters **.include **.exclude
            processors.*.keys processors.*.blocked_values processors.*.blocked_key_patterns
        """,
        "ordered": "service.pipelines.*.processors",
        "keyed": "**.scrape_configs",
    },
    Kind.LOKI: {
        "keyed in order": "schema_config.configs",
        "ordered": "limits_config.discover_service_name",
        "set": "**.attributes",
    },
    Kind.BLACKBOX: {
        "set": "modules.*.*.valid_status_codes",
    },
}  # fmt: skip
"""Kind of file -> how lists are compared -> their places. Says it once more on purpose: so a row that goes, or is taken
for another kind, is seen."""
ROWS = [
    (kind, place.replace("(file)", ""), how)
    for kind, hows in HOW.items()
    for how, places in hows.items()
    for place in places.split()
]
IDS = [f"{kind}: {place or '(the whole file)'}" for kind, place, _ in ROWS]


def inside(place: str, value: Any) -> Any:
    """A document with the value at that place."""
    steps = [step.replace("**", "deeper") for step in place.split(".") if step]
    for number, step in reversed(list(enumerate(steps))):
        listed = step == "*" and steps[number - 1] in LISTS
        value = [{"name": "x", **value}] if listed else {"x" if step == "*" else step: value}
    return value


def items(kind: Kind, place: str) -> tuple[Item, Item, Item, Item]:
    last = place.rpartition(".")[2]
    return ITEMS[last if last == "configs" and kind is Kind.LOKI else ALIKE.get(last, last)]


def merged(kind: Kind, place: str, base: Any, ours: Any, theirs: Any) -> tuple[Any, int]:
    """What comes out there, and the number of conflicts."""
    before, here, there = (build(kind, inside(place, side)) for side in (base, ours, theirs))
    result = merge(before, here, there)
    assert result.node is not None
    return plain(result.node), len(result.conflicts)


def differ(kind: Kind, place: str, one: Any, other: Any) -> bool:
    return bool(list(differences(build(kind, inside(place, one)), build(kind, inside(place, other)))))


def equal(kind: Kind, place: str, found: Any, wanted: Any) -> bool:
    return same(build(kind, found), build(kind, inside(place, wanted)))


def test_every_row_of_the_table_is_here() -> None:
    assert {(kind, place) for kind, place, _ in ROWS} == {
        (kind, place) for kind, places in TABLE.items() for place in places
    }


@pytest.mark.parametrize(("kind", "place", "how"), ROWS, ids=IDS)
def test_changes_of_two_items_meet_and_a_new_one_stays(kind: Kind, place: str, how: str) -> None:
    if how.startswith("keyed"):
        one, mine, other, theirs = items(kind, place)
        found, conflicts = merged(kind, place, [one, other], [mine, other], [one, theirs])
        assert conflicts == 0
        assert equal(kind, place, found, [mine, theirs])
        # Changed by one side, taken out next to it by the other.
        found, conflicts = merged(kind, place, [one, other], [mine, other], [one])
        assert conflicts == 0
        assert equal(kind, place, found, [mine])
        assert merged(kind, place, [one, other], [mine, other], [other])[1] == 1
        assert differ(kind, place, [one, other], [other, one]) is how.endswith("in order")
    elif how == "set":
        found, conflicts = merged(kind, place, ["a", "b"], ["a", "b", "mine"], ["b", "new", "a"])
        assert conflicts == 0
        assert equal(kind, place, found, ["a", "b", "mine", "new"])
        assert not differ(kind, place, ["a", "b"], ["b", "a"])
    elif how == "table":
        found, conflicts = merged(kind, place, ["a", "b"], ["a", "mine", "b"], ["b", "new", "a"])
        assert conflicts == 0
        assert equal(kind, place, found, ["a", "mine", "b", "new"])
        assert not differ(kind, place, ["a", "b"], {"b": None, "a": None})
    elif how == "ordered":
        assert differ(kind, place, ["a", "b"], ["b", "a"])
        assert merged(kind, place, ["a", "b"], ["a", "mine", "b"], ["a", "new", "b"])[1] == 1
        found, conflicts = merged(kind, place, ["a", "b", "c"], ["mine", "b", "c"], ["a", "b", "new"])
        assert conflicts == 0
        assert equal(kind, place, found, ["mine", "b", "new"])
    else:
        assert how == "whole"
        assert merged(kind, place, ["CMD", "a", "b"], ["CMD", "mine", "b"], ["CMD", "a", "new"])[1] == 1
