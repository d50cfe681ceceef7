"""Key paths in words, and values on one line."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.diff.model import ABSENT, Change, Origin
from midwatch.diff.names import ALERTMANAGER, COLLECTOR, LOKI, PROMETHEUS, RULES, SERVICE, Name, name
from midwatch.diff.sentence import sentence
from midwatch.diff.values import shown
from midwatch.merge.path import Item


@pytest.mark.parametrize(
    ("kind", "steps", "subject", "what"),
    [
        (Kind.COMPOSE, "services/loki/deploy/resources/limits/memory", "loki", "memory limit"),
        (Kind.COMPOSE, "services/loki/mem_limit", "loki", "memory limit"),
        (Kind.COMPOSE, "services/loki/stop_grace_period", "loki", "grace period"),
        (Kind.COMPOSE, "services/loki/environment/A", "loki", "variable A"),
        (Kind.COMPOSE, "services/loki/command/-config.file", "loki", "flag -config.file"),
        (Kind.COMPOSE, "services/loki/command/--storage.tsdb.retention.time", "loki", "retention by time"),
        (Kind.COMPOSE, "services/loki/healthcheck/interval", "loki", "health check interval"),
        (Kind.COMPOSE, "services/loki/healthcheck/disable", "loki", "health check disable"),
        (Kind.COMPOSE, "services/loki", "service loki", ""),
        (Kind.COMPOSE, "services/loki/x-own/thing", "loki", "x-own.thing"),
        (Kind.COMPOSE, "networks/edge/internal", "network edge", "isolation from the outside"),
        (Kind.COMPOSE, "volumes/data", "volume data", ""),
        (Kind.RULES, "groups/redis/rules/RedisDown/for", "alert RedisDown", "waiting time"),
        (Kind.RULES, "groups/x/rules/TargetDown loki/expr", "alert TargetDown (loki)",
         "expression"),
        (Kind.RULES, "groups/redis/rules/RedisDown", "alert RedisDown", ""),
        (Kind.PROMETHEUS, "scrape_configs/shop", "prometheus", "scrape job shop"),
        (Kind.PROMETHEUS, "scrape_configs/shop/scrape_interval", "prometheus", "scrape job shop: interval"),
        (Kind.ALERTMANAGER, "receivers/team/slack_configs/0/channel", "alertmanager", "receiver team: channel"),
        (Kind.LOKI, "limits_config/retention_period", "loki", "retention"),
        (Kind.COLLECTOR, "service/pipelines/logs/processors", "otel-collector", "pipeline logs: processors"),
        (Kind.YAML, "a/b", "x.yaml", "a.b"),
    ],
)  # fmt: skip
def test_a_path_has_a_name(kind: Kind, steps: str, subject: str, what: str) -> None:
    found = name("x.yaml", kind, tuple(steps.split("/")))
    assert (found.subject, found.what) == (subject, what)


@pytest.mark.parametrize("table", [SERVICE, PROMETHEUS, RULES, ALERTMANAGER, LOKI, COLLECTOR])
def test_every_entry_of_a_table_is_reached(table: dict[str, str]) -> None:
    """A longer entry never hides, and a name asks for no step that its path has not."""
    kinds = {id(SERVICE): (Kind.COMPOSE, ("services", "x")), id(RULES): (Kind.RULES, ("groups", "g", "rules", "x")),
             id(PROMETHEUS): (Kind.PROMETHEUS, ()), id(ALERTMANAGER): (Kind.ALERTMANAGER, ()),
             id(LOKI): (Kind.LOKI, ()), id(COLLECTOR): (Kind.COLLECTOR, ())}  # fmt: skip
    kind, before = kinds[id(table)]
    for pattern, words in table.items():
        steps = [f"s{index}" if part == "*" else part for index, part in enumerate(pattern.split("."))]
        stars = [step for step, part in zip(steps, pattern.split("."), strict=True) if part == "*"]
        assert name("x.yaml", kind, (*before, *steps)).what == words.format(*stars)


def test_a_size_is_one_only_where_docker_reads_it_so() -> None:
    assert name("c", Kind.COMPOSE, ("services", "a", "mem_limit")) == Name("a", "memory limit", size=True)
    assert not name("c", Kind.COMPOSE, ("services", "a", "environment", "memory")).size


def change(path: tuple[Any, ...], before: Any, after: Any, origin: Origin = Origin.HAND, **more: Any) -> Change:
    return Change("compose.yaml", Kind.COMPOSE, path, before, after, origin, Position("compose.yaml", 3, 5), **more)


A = ("services", "a")


@pytest.mark.parametrize(
    ("path", "before", "after", "words"),
    [
        ((*A, "mem_limit"), "1g", "2048m", "a memory limit 1GiB → 2GiB"),
        ((*A, "mem_limit"), "1g", "1536m", "a memory limit 1GiB → 1.5GiB"),
        ((*A, "mem_limit"), "104873592m", "1g", "a memory limit 100TiB → 1GiB"),
        ((*A, "mem_limit"), "104873592m", "104873593m", "a memory limit 104873592MiB → 104873593MiB"),
        ((*A, "init"), ABSENT, True, "init added to a: true"),
        ((*A, "stop_grace_period"), "30s", ABSENT, "grace period removed from a"),
        ((*A, "deploy"), ABSENT, {"resources": {"limits": {"memory": "64m"}}}, "memory limit added to a: 64MiB"),
        ((*A, "cap_add", Item("item", "NET_ADMIN")), ABSENT, "NET_ADMIN", "capability NET_ADMIN added to a"),
        ((*A, "dns"), ["1.1.1.1", "9.9.9.9"], ["9.9.9.9", "1.1.1.1"], "a dns: another order"),
        ((*A, "dns"), ["1.1.1.1"], ["9.9.9.9"], "a dns: 1.1.1.1 → 9.9.9.9"),
        ((*A, "dns"), ["1.1.1.1"], ["1.1.1.1", "9.9.9.9"], "a dns: with 9.9.9.9"),
        ((*A, "command", Item("flag", "--x")), "--x=1", "--x=2", "a flag --x 1 → 2"),
        ((*A, "environment", "TOKEN"), "one", "two", "a variable TOKEN (hidden) → (hidden)"),
        (A, ABSENT, {"image": "x"}, "service a added"),
        (A, {"image": "x"}, ABSENT, "service a removed"),
    ],
)
def test_a_change_is_a_sentence(path: tuple[Any, ...], before: Any, after: Any, words: str) -> None:
    assert sentence(change(path, before, after)) == f"{words} (by hand)"


def test_a_conflict_names_all_three_values() -> None:
    text = sentence(change((*A, "mem_limit"), "1g", "2g", Origin.CONFLICT, wanted="3g"))
    assert text == "a memory limit: was 1GiB, is 2GiB by hand, would be 3GiB now"
    gone = sentence(change((*A, "mem_limit"), "1g", ABSENT, Origin.CONFLICT, wanted="3g"))
    assert gone == "a memory limit: was 1GiB, is nothing by hand, would be 3GiB now"


def rule(key: str, before: str, after: str, **more: Any) -> str:
    path = ("groups", Item("name", "redis"), "rules", Item("alert", "RedisEvicting"), key)
    made = Change("r.yml", Kind.RULES, path, before, after, Origin.HAND, Position("r.yml", 3, 5), **more)
    return sentence(made).removeprefix("alert RedisEvicting ").removesuffix(" (by hand)")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("rate(evicted[5m]) > 5", "rate(evicted[5m]) > 50", "threshold 5 → 50"),
        ("a >= bool 0.9 and b >= bool 0.9", "a >= bool 0.95 and b >= bool 0.95", "threshold 0.9 → 0.95"),
        ("a * 100 > 5", "a * 1000 > 5", 'expression "a * 100 > 5" → "a * 1000 > 5"'),
        ("a > 5", "a > 50 or b > 5", 'expression "a > 5" → "a > 50 or b > 5"'),
        ("a > 5", "a > 5 and b > 6", 'expression "a > 5" → "a > 5 and b > 6"'),
    ],
)
def test_another_threshold_is_told_as_such(before: str, after: str, words: str) -> None:
    assert rule("expr", before, after) == words


def test_of_two_long_values_the_part_is_shown_that_differs() -> None:
    head, tail = "sum by (x) (rate(one[5m])) / " * 4, " and on () vector(1)" * 4
    text = rule("expr", f"{head}alpha{tail}", f"{head}beta{tail}")
    assert text == "expression … one[5m])) / alpha and on () … → … one[5m])) / beta and on () …"
    gone = rule("expr", f"{head}{tail}", head)
    assert gone.partition(" → ")[0] != gone.partition(" → ")[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(empty)"),
        (True, "true"),
        ("", '""'),
        ("two words", '"two words"'),
        ({"password": "x", "user": "y"}, "{password: (hidden), user: y}"),
        (["a", 1], "[a, 1]"),
        ("redis://user:hunter22@redis:6379", "redis://user:(hidden)@redis:6379"),
        ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/services/(hidden)"),
    ],
)
def test_a_value_is_short_and_holds_no_secret(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_cut_in_the_middle() -> None:
    text = shown("begin" + "x" * 500 + "end")
    assert len(text) < 70
    assert text.startswith("begin")
    assert text.endswith("end")
