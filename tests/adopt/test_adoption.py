"""Hand edits become spec: what is adopted comes out by itself afterwards, what is not is listed, comments stay."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.adopt.adoption import Adoption
from midwatch.adopt.notes import stale
from midwatch.diff.model import Origin
from midwatch.errors import MidwatchError
from midwatch.regenerate.amend import amend
from midwatch.render.project import load_project
from tests.diff.conftest import difference, edit, generate, memory

Adopt = Callable[[], Adoption]
PROMETHEUS = "\n  prometheus:\n"
COMPOSE = "extra/adopted-compose.yaml"


def spec(adoption: Adoption) -> Any:
    return YAML(typ="safe").load(adoption.files["stack.yaml"].decode())


def ways(adoption: Adoption) -> list[str]:
    return [one.by for one in adoption.adopted]


def settle(project: Path, adoption: Adoption) -> None:
    """Write it, and see that no hand edit is left but those that are listed."""
    amend(project, adoption.files)
    after = difference(project)
    assert not after.of(Origin.CONFLICT)
    assert [one.sentence for one in after.of(Origin.HAND)] == [one.edit.sentence for one in adoption.kept]


def test_nothing_edited_nothing_adopted(adopted: Adopt) -> None:
    assert adopted() == Adoption({}, (), ())


KNOBS = {
    "image": ("compose.yaml", "docker.io/prom/prometheus:v3.16.0", "docker.io/prom/prometheus:v3.16.1",
              "images.overrides.prometheus.tag", ("images", "overrides", "prometheus"), {"tag": "v3.16.1"}),
    "mirror": ("compose.yaml", "docker.io/grafana/loki:", "registry.example.com/loki:",
               "images.overrides.loki.tag, images.overrides.loki.repository", ("images", "overrides", "loki"),
               {"repository": "registry.example.com/loki", "tag": "3.7.4"}),
    "metrics": ("compose.yaml", "--storage.tsdb.retention.time=1w", "--storage.tsdb.retention.time=30d",
                "retention.metrics", ("retention", "metrics"), "30d"),
    "logs": ("loki/loki.yaml", "retention_period: 168h", "retention_period: 720h", "retention.logs",
             ("retention", "logs"), "30d"),
    "port": ("compose.yaml", "127.0.0.1:9093:9093", "127.0.0.1:19093:9093", "ports.alertmanager",
             ("ports", "alertmanager"), 19093),
    "for": ("prometheus/rules/redis.yml", "for: 30s", "for: 45s", "alerting.overrides.RedisAofFailing.for",
            ("alerting", "overrides", "RedisAofFailing"), {"for": "45s"}),
    "severity": ("prometheus/rules/redis.yml", 'severity: "critical"', 'severity: "warning"',
                 "alerting.overrides.RedisAofFailing.severity", ("alerting", "overrides", "RedisAofFailing"),
                 {"severity": "warning"}),
    "threshold": ("prometheus/rules/redis.yml", "[2m])\n          ) > 5", "[2m])\n          ) > 50",
                  "alerting.overrides.RedisConnectionsRejected.threshold",
                  ("alerting", "overrides", "RedisConnectionsRejected"), {"threshold": 50}),
    "redis": ("redis/redis.conf", "\nmaxmemory 268435456", "\nmaxmemory 314572800", "redis.memory", ("redis", "memory"),
              "300MiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOBS)
def test_what_a_key_can_say_becomes_that_key(project: Path, adopted: Adopt, name: str) -> None:
    file, old, new, by, path, value = KNOBS[name]
    edit(project, file, old, new, after=f"\n  {by.split('.')[2]}:\n" if by.startswith("images") else "")
    adoption = adopted()
    assert sorted(ways(adoption)[0].split(", ")) == sorted(by.split(", "))
    found = spec(adoption)
    for step in path:
        found = found[step]
    assert found == value
    assert list(adoption.files) == ["stack.yaml"]
    settle(project, adoption)


def test_an_alert_that_was_taken_out_is_switched_off(project: Path, adopted: Adopt) -> None:
    path = project / "prometheus/rules/redis.yml"
    text = path.read_text()
    start = text.index("      - alert: RedisAofFailing")
    path.write_text(text[:start] + text[text.index("      - alert: ", start + 20) :])
    adoption = adopted()
    assert ways(adoption) == ["alerting.overrides.RedisAofFailing.off"]
    settle(project, adoption)


def test_an_override_that_would_change_other_rules_too_is_none(project: Path, adopted: Adopt) -> None:
    edit(project, "prometheus/rules/prometheus.yml", "for: ", "for: 1", after="- alert: TargetDown\n")
    adoption = adopted()
    assert not adoption.adopted
    (kept,) = adoption.kept
    assert "no key for it" in kept.why


def test_other_edits_become_a_fragment(project: Path, adopted: Adopt) -> None:
    _, limit = memory(project, "prometheus", 9)
    edit(project, "compose.yaml", "      - --web.enable-lifecycle\n", "")
    edit(project, "compose.yaml", "services:\n", "services:\n  shop:\n    image: shop:1\n")
    edit(project, "prometheus/prometheus.yml", "evaluation_interval: 5s", "evaluation_interval: 10s")
    adoption = adopted()
    assert set(ways(adoption)) == {COMPOSE, "extra/adopted-prometheus.yaml"}
    text = adoption.files[COMPOSE].decode()
    assert f"          memory: {limit}m\n" in text
    assert "      - !reset --web.enable-lifecycle\n" in text
    assert spec(adoption)["extra"] == {"compose": [COMPOSE], "prometheus": ["extra/adopted-prometheus.yaml"]}
    assert list(adoption.files)[-1] == "stack.yaml"
    settle(project, adoption)


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("alertmanager/alertmanager.yml", "repeat_interval: 12h", "repeat_interval: 6h", "alertmanager"),
        ("loki/loki.yaml", "auth_enabled: false", "auth_enabled: true", "loki"),
        ("otel-collector/config.yaml", "check_interval: 1s", "check_interval: 2s", "collector"),
    ],
)
def test_every_program_has_its_fragment(project: Path, adopted: Adopt, file: str, old: str, new: str, key: str) -> None:
    edit(project, file, old, new)
    adoption = adopted()
    assert ways(adoption) == [f"extra/adopted-{key}.yaml"]
    settle(project, adoption)


def test_what_cannot_be_said_stays_and_is_listed(project: Path, adopted: Adopt) -> None:
    edit(project, "runbooks/RedisDown.md", "## ", "Call Eva.\n\n## ")
    edit(project, "ops", "set -", "# mine\nset -")
    edit(project, "redis/redis.conf", "maxmemory-policy noeviction", "maxmemory-policy volatile-ttl")
    adoption = adopted()
    assert not adoption.adopted
    assert not adoption.files
    assert {one.edit.change.file: one.why for one in adoption.kept} == {
        "runbooks/RedisDown.md": "the spec cannot say the text of a runbook",
        "ops": "the spec cannot say the lines of this file",
        "redis/redis.conf": "the spec would give something else",
    }


LATER = "a fragment could only replace the whole of it, and would hide what midwatch changes there later"
LAST = "order counts there, and a fragment only adds at the end: put it last, or leave it"
FLAGS = "      - --query.timeout=30s\n      - --query.max-concurrency=4\n"
ROUTE = '    - matchers: [severity="critical", app="shop"]\n      receiver: slack-escalated\n'
CRITICAL = '    - matchers: [severity="critical"]\n'


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("otel-collector/config.yaml", "memory_limiter, transform/pii", "memory_limiter, batch, transform/pii", LATER),
        ("otel-collector/config.yaml", "redaction/pii, ", "", LATER),
        ("compose.yaml", FLAGS, "".join(reversed(FLAGS.splitlines(keepends=True))), LATER),
        ("prometheus/prometheus.yml", "          service: alertmanager\n", "          service: mine\n", LATER),
        ("alertmanager/alertmanager.yml", CRITICAL, ROUTE + CRITICAL, LAST),
        ("compose.yaml", "      - --config.file=", "      - --log.level=debug\n      - --config.file=", LAST),
    ],
)  # fmt: skip
def test_no_list_is_frozen_and_none_comes_out_in_another_order(
    project: Path, adopted: Adopt, file: str, old: str, new: str, why: str
) -> None:
    edit(project, file, old, new)
    adoption = adopted()
    assert [one.why for one in adoption.kept] == [why]
    assert not adoption.files


def test_what_comes_last_is_adopted_and_what_the_spec_adds_later_comes_in(project: Path, adopted: Adopt) -> None:
    edit(project, "otel-collector/config.yaml", "\nprocessors:\n", "\nprocessors:\n  batch: {}\n")
    edit(project, "otel-collector/config.yaml", "groupbyattrs/workspace, transform/workspace]",
         "groupbyattrs/workspace, transform/workspace, batch]")  # fmt: skip
    path = project / "alertmanager/alertmanager.yml"
    path.write_text(path.read_text().replace("\ninhibit_rules:", f"{ROUTE}\ninhibit_rules:", 1))
    adoption = adopted()
    assert len(adoption.adopted) == 3
    settle(project, adoption)
    for text in adoption.files.values():
        assert b"!override" not in text


def test_of_two_edits_of_one_list_the_one_that_comes_last_is_adopted(project: Path, adopted: Adopt) -> None:
    edit(project, "alertmanager/alertmanager.yml", CRITICAL, ROUTE + CRITICAL)
    edit(
        project, "alertmanager/alertmanager.yml", "\ninhibit_rules:", f"{ROUTE.replace('shop', 'web')}\ninhibit_rules:"
    )
    adoption = adopted()
    assert [one.why for one in adoption.kept] == [LAST]
    assert b"web" in adoption.files["extra/adopted-alertmanager.yaml"]
    settle(project, adoption)


def test_a_limit_that_the_host_does_not_have_stays_and_the_rest_is_adopted(project: Path, adopted: Adopt) -> None:
    memory(project, "prometheus", 9000)
    edit(project, "compose.yaml", "pids: 256", "pids: 300", after=PROMETHEUS)
    edit(project, "prometheus/prometheus.yml", "evaluation_interval: 5s", "evaluation_interval: 10s")
    adoption = adopted()
    (kept,) = adoption.kept
    assert "memory limit" in kept.edit.sentence
    assert kept.why.startswith("8GiB is too small: the stack with your own limits (extra.compose) needs ")
    assert len(adoption.adopted) == 2
    amend(project, adoption.files)
    load_project(project).render()


def test_what_follows_from_a_limit_comes_with_it(project: Path, adopted: Adopt) -> None:
    before = load_project(project).plan()
    _, limit = memory(project, "prometheus", 300)
    amend(project, adopted().files)
    plan = load_project(project).plan()
    assert plan.service("prometheus").memory == limit * 1024**2
    assert plan.service("loki").memory < before.service("loki").memory
    assert plan.memory.given <= plan.memory.total - plan.memory.kept_free
    generate(project)
    assert not difference(project).changes


def test_the_rest_of_the_spec_stays_byte_by_byte(project: Path, adopted: Adopt) -> None:
    before = (project / "stack.yaml").read_text()
    edit(project, "loki/loki.yaml", "retention_period: 168h", "retention_period: 720h")
    memory(project, "prometheus", 9)
    after = adopted().files["stack.yaml"].decode()
    lines = after.splitlines()
    assert [line for line in before.splitlines() if line not in lines] == ["  logs: 7d"]
    assert after.count("#") == before.count("#")


def test_line_ends_and_a_byte_order_mark_stay(project: Path, adopted: Adopt) -> None:
    path = project / "stack.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    edit(project, "loki/loki.yaml", "retention_period: 168h", "retention_period: 720h")
    data = adopted().files["stack.yaml"]
    assert data.startswith(b"\xef\xbb\xbf# ")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"logs: 30d\r\n" in data


def test_a_value_that_the_spec_refuses_goes_into_a_fragment(project: Path, adopted: Adopt) -> None:
    edit(project, "compose.yaml", "--storage.tsdb.retention.time=1w", "--storage.tsdb.retention.time=1h")
    adoption = adopted()
    assert ways(adoption) == [COMPOSE]
    settle(project, adoption)


def test_a_guess_that_gives_something_else_is_not_adopted(project: Path, adopted: Adopt) -> None:
    """An image without a tag cannot be said by images.overrides: the tag would stay the catalogue's."""
    edit(project, "compose.yaml", "image: docker.io/prom/prometheus:v3.16.0", "image: docker.io/prom/prometheus",
         after=PROMETHEUS)  # fmt: skip
    adoption = adopted()
    assert ways(adoption) == [COMPOSE]
    settle(project, adoption)


def test_a_second_time_it_is_all_in_one_fragment(project: Path, adopted: Adopt) -> None:
    _, limit = memory(project, "prometheus", 9)
    settle(project, adopted())
    edit(project, "compose.yaml", "pids: 256", "pids: 300", after=PROMETHEUS)
    adoption = adopted()
    text = adoption.files[COMPOSE].decode()
    assert f"memory: {limit}m" in text
    assert "pids: 300" in text
    assert spec(adoption)["extra"] == {"compose": [COMPOSE]}
    settle(project, adoption)


def test_a_fragment_that_somebody_has_edited_is_not_written_over(project: Path, adopted: Adopt) -> None:
    _, limit = memory(project, "prometheus", 9)
    settle(project, adopted())
    fragment = project / COMPOSE
    fragment.write_text(fragment.read_text().replace(f"{limit}m", f"{limit + 10}m # after the incident"))
    memory(project, "prometheus", 10)
    edit(project, "compose.yaml", "pids: 256", "pids: 300", after=PROMETHEUS)
    adoption = adopted()
    assert set(adoption.files) == {"extra/adopted-compose-2.yaml", "stack.yaml"}
    assert spec(adoption)["extra"] == {"compose": [COMPOSE, "extra/adopted-compose-2.yaml"]}
    settle(project, adoption)


def test_the_comment_of_an_edit_goes_with_it(project: Path, adopted: Adopt) -> None:
    _, limit = memory(project, "prometheus", 9)
    edit(
        project,
        "compose.yaml",
        f"          memory: {limit}m\n",
        f"          # OOM at 3am\n          memory: {limit}m # OPS-123\n",
    )
    edit(project, "compose.yaml", "    stop_grace_period: 1m\n", "")
    text = adopted().files[COMPOSE].decode()
    assert f"MiB (by hand): OOM at 3am: OPS-123\n          memory: {limit}m\n" in text, "above the key"
    removed = re.search(r"( +)# grace period removed from .*\n\1stop_grace_period: !reset", text)
    assert removed, "a removal says what it removed"
    settle(project, adopted())
    edit(project, "compose.yaml", "pids: 256", "pids: 300", after=PROMETHEUS)
    adoption = adopted()
    assert set(adoption.files) <= {COMPOSE, "stack.yaml"}, "a fragment with comments of ours is still ours"
    again = adoption.files[COMPOSE].decode()
    assert "pids: 300" in again
    assert f": OOM at 3am: OPS-123\n          memory: {limit}m\n" in again, "where they were"
    assert removed[0] in again


def test_a_comment_beside_a_value_of_the_spec_that_changes_is_named() -> None:
    old = "a: 7d # legal wants 7 days\nb: 1 # fine\n# above\nc: 2\n"
    assert list(stale(old, old.replace("7d #", "30d #"))) == [(1, "# legal wants 7 days")]
    assert list(stale(old, old.replace("c: 2", "c: 3"))) == []


def test_a_conflict_is_settled_for_the_hand(project: Path, adopted: Adopt) -> None:
    edit(project, "loki/loki.yaml", "retention_period: 168h", "retention_period: 720h")
    edit(project, "stack.yaml", "logs: 7d", "logs: 14d")
    adoption = adopted()
    assert ways(adoption) == ["retention.logs"]
    settle(project, adoption)


def test_writing_is_all_or_nothing(project: Path, adopted: Adopt, monkeypatch: pytest.MonkeyPatch) -> None:
    memory(project, "prometheus", 9)
    adoption = adopted()
    before = (project / "stack.yaml").read_bytes()
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == "stack.yaml" and "new" in self.parts:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(MidwatchError, match="No space left"):
        amend(project, adoption.files)
    assert (project / "stack.yaml").read_bytes() == before
    assert not (project / "extra").exists()
    assert not list((project / ".midwatch").glob("staging-*"))


FLAG = "      - --rules.alert.resend-delay=15s\n"
EDITS: dict[str, tuple[str, str, str, str]] = {
    "pids": ("compose.yaml", "pids: 256", "pids: 300", PROMETHEUS),
    "grace": ("compose.yaml", "    stop_grace_period: 30s\n", "", "\n  otel-collector:\n"),
    "flag": ("compose.yaml", FLAG, f"{FLAG}      - --log.level=debug\n", PROMETHEUS),
    "no flag": ("compose.yaml", "      - --web.enable-lifecycle\n", "", PROMETHEUS),
    "variable": ("compose.yaml", "      GOMEMLIMIT:", "      TZ: Europe/Berlin\n      GOMEMLIMIT:", "\n  loki:\n"),
    "probe": ("compose.yaml", "interval: 10s", "interval: 20s", "\n  canary:\n"),
    "service": ("compose.yaml", "services:\n", "services:\n  shop:\n    image: shop:1\n", ""),
    "capability": (
        "compose.yaml",
        "    cap_drop:\n      - ALL\n",
        "    cap_drop:\n      - NET_RAW\n",
        "\n  gateway:\n",
    ),
    "image": ("compose.yaml", "redis:8.0.6", "redis:8.0.9", ""),
    "job": ("prometheus/prometheus.yml", "evaluation_interval: 5s", "evaluation_interval: 20s", ""),
    "rule": ("prometheus/rules/redis.yml", "for: 30s", "for: 50s", ""),
    "route": ("alertmanager/alertmanager.yml", "repeat_interval: 12h", "repeat_interval: 5h", ""),
    "runbook": ("runbooks/RedisDown.md", "## ", "Mine.\n\n## ", ""),
}


@pytest.mark.parametrize("seed", range(6))
def test_any_edits_together(project: Path, adopted: Adopt, seed: int) -> None:
    chance = random.Random(seed)
    made = 0
    for name in chance.sample(sorted(EDITS), 6):
        file, old, new, after = EDITS[name]
        if old in (project / file).read_text():
            edit(project, file, old, new, after=after)
            made += 1
    assert made >= 3
    adoption = adopted()
    settle(project, adoption)
    assert {one.edit.change.file for one in adoption.kept} <= {"runbooks/RedisDown.md"}
