"""A stack that midwatch did not make: read, and proposed as a spec that is valid."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midwatch.adopt.foreign.compare import against
from midwatch.adopt.foreign.proposal import Proposal, Taken
from midwatch.adopt.foreign.propose import propose
from midwatch.adopt.foreign.text import spec_text
from midwatch.check import stack
from midwatch.check.finding import Blocker
from midwatch.errors import TargetError
from midwatch.plan.build import build
from midwatch.render.project import known
from midwatch.spec.load import parse

OLD = Path(__file__).parent / "fixtures" / "old"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the stack, to be changed."""
    return shutil.copytree(OLD, tmp_path / "old")


def edit(folder: Path, file: str, text: str, new: str) -> None:
    path = folder / file
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, new, 1))


def proposed(folder: Path) -> Proposal:
    return propose(stack.read(folder, use_compose=False))


def left(proposal: Proposal) -> dict[str, str]:
    return {one.what: one.why for one in proposal.left}


def small(tmp_path: Path, compose: str, **files: str) -> Proposal:
    (tmp_path / "compose.yaml").write_text(compose)
    for name, text in files.items():
        (tmp_path / f"{name}.yml").write_text(text)
    return proposed(tmp_path)


def test_what_it_says_is_taken_over() -> None:
    assert proposed(OLD).spec == {
        "name": "shop-monitoring",
        "host": {"memory": "5GiB"},
        "retention": {"metrics": "30d", "logs": "2w"},
        "apps": [
            {
                "name": "shop",
                "port": 8000,
                "metrics": "/internal/metrics",
                "health": "/health/live",
                "network": "shop_front",
                "redis": True,
            },
            {"name": "build-machine", "host": "10.0.0.7", "port": 9100, "metrics": "/metrics"},
        ],
        "alerting": {
            "slack": {"channel": "#shop-alerts", "channels": {"critical": "#shop-nights"}},
            "email": {
                "to": ["eva@example.com", "tom@example.com"],
                "from": "alerts@example.com",
                "smarthost": "smtp.example.com:587",
                "username": "alerts",
            },
        },
        "redis": {"memory": "200MiB", "use": "cache"},
        "collector": {"traces": {"endpoint": "https://tempo.example.com:4318"}},
        "images": {"registry": "registry.example.com/mirror", "overrides": {"prometheus": {"tag": "v3.99.0"}}},
        "ports": {"prometheus": 9091, "runbooks": 8081},
    }


def test_what_is_not_taken_over_is_listed_with_its_place() -> None:
    found = {one.what: (one.why, str(one.at)) for one in proposed(OLD).left}
    for what, place, words in (
        ("scrape job everything", "prometheus/prometheus.yml", "docker_sd_configs"),
        ("service worker", "docker-compose.yml", "names no port"),
        ("the address of the Slack webhook", "alertmanager/alertmanager.yml", "secret"),
        ("webhook of receiver billing", "alertmanager/alertmanager.yml", "Slack and e-mail"),
        ('route team="billing" to receiver billing', "alertmanager/alertmanager.yml", "by severity"),
        ("version v0.20.0 of alertmanager", "docker-compose.yml", "midwatch writes for"),
        ("version latest of loki", "docker-compose.yml", "midwatch writes for"),
        ("service promtail", "docker-compose.yml", "end of life"),
        ("alerts of your own: OrdersStopped", "prometheus/shop.rules", "catalogue"),
        ("ports that the whole network can reach", "docker-compose.yml", "127.0.0.1"),
        ("scrape_interval 30s", "prometheus/prometheus.yml", "extra.prometheus"),
    ):
        assert words in found[what][0], what
        assert found[what][1].startswith(f"{place}:"), what


def test_the_places_are_right() -> None:
    for one in proposed(OLD).taken:
        if one.key == ("retention", "logs"):
            line = (OLD / one.at.file).read_text().splitlines()[one.at.line - 1]
            assert line.strip() == "retention_period: 336h"
        if one.key == ("redis", "memory"):
            assert (one.at.file, one.at.line) == ("redis/redis.conf", 1)


def test_the_text_is_a_valid_spec_that_says_the_same() -> None:
    proposal = proposed(OLD)
    spec = parse(spec_text(proposal), known=known())
    build(spec)
    assert spec.alerting.slack.channels.critical == "#shop-nights"
    assert spec.apps[1].host == "10.0.0.7"
    assert [app.name for app in spec.apps] == ["shop", "build-machine"]


def test_every_value_names_its_source() -> None:
    text = spec_text(proposed(OLD))
    assert "  logs: 2w # limits_config.retention_period\n" in text
    assert "  # scrape job shop\n  - name: shop\n" in text


@pytest.mark.parametrize(
    ("command", "conf", "place"),
    [
        ("redis-server --requirepass hunter2", None, "compose.yaml:4"),
        ("redis-server /etc/redis/redis.conf", "appendonly yes\nrequirepass hunter2\n", "redis/redis.conf:2"),
        (
            "redis-server /etc/redis/redis.conf",
            "user app on >hunter2 ~* +@all\nappendonly yes\nmaxmemory 99mb\n",
            "redis/redis.conf:1",
        ),
    ],
)
def test_what_redis_has_and_does_not_come_along_is_told(
    tmp_path: Path, command: str, conf: str | None, place: str
) -> None:
    if conf:
        (tmp_path / "redis").mkdir()
        (tmp_path / "redis/redis.conf").write_text(conf)
    mounts = "[redis-data:/data" + (", ./redis:/etc/redis]" if conf else "]")
    service = f"services:\n  r:\n    image: redis:8.0.6\n    command: {command}\n    volumes: {mounts}\n"
    proposal = small(tmp_path, f"{service}volumes: {{redis-data: }}\n")
    found = {one.what: one for one in proposal.left}
    assert str(found["Redis' password"].at).startswith(place)
    assert "secrets/redis_password" in found["Redis' password"].why
    assert "sessions" in found["Redis' data"].why
    assert not any("hunter2" in str(one) for one in proposal.left)


def test_a_redis_without_password_or_data_leaves_none(tmp_path: Path) -> None:
    proposal = small(tmp_path, "services:\n  r:\n    image: redis:8.0.6\n")
    assert not [one for one in left(proposal) if one.startswith("Redis'")]


def test_what_the_spec_refuses_is_left(old: Path) -> None:
    edit(old, "prometheus/prometheus.yml", "/internal/metrics", "/internal metrics?x=1")
    edit(old, "docker-compose.yml", "retention.time=30d", "retention.time=1h")
    edit(old, "collector/config.yaml", "https://tempo.example.com:4318", "tempo without a scheme")
    proposal = proposed(old)
    assert [app["name"] for app in proposal.spec["apps"]] == ["build-machine"]
    assert "retention" not in proposal.spec or "metrics" not in proposal.spec["retention"]
    assert "collector" not in proposal.spec
    refused = [why for why in left(proposal).values() if why.startswith("the spec does not allow it")]
    assert len(refused) == 3
    build(parse(spec_text(proposal), known=known()))


@pytest.mark.parametrize(
    ("flags", "metrics"),
    [("", "15d"), ("--storage.tsdb.retention.time=1h30m0s", None), ("--storage.tsdb.retention=90d", "90d")],
)
def test_retention_of_metrics(tmp_path: Path, flags: str, metrics: str | None) -> None:
    proposal = small(tmp_path, f"services:\n  p:\n    image: prom/prometheus:v3.1.0\n    command: 'x {flags}'\n")
    assert proposal.spec.get("retention", {}).get("metrics") == metrics


def test_a_stack_without_alertmanager_says_that_nobody_is_told(tmp_path: Path) -> None:
    proposal = small(tmp_path, "services:\n  p:\n    image: prom/prometheus:v3.1.0\n")
    assert proposal.spec["alerting"]["slack"]["channel"] == "#monitoring-alerts"
    assert "who is told: there is no Alertmanager" in left(proposal)


ROUTED = """
route:
  receiver: team
  group_by: [alertname, cluster]
  repeat_interval: 3h
  routes:
    - matchers: [severity="page"]
      receiver: pager
    - matchers: ['severity =~ "warning|ticket"']
      receiver: tickets
    - match: {severity: sev9}
      receiver: odd
      routes:
        - matchers: [team="billing"]
          receiver: billing
receivers:
  - {name: team, slack_configs: [{channel: "#shop"}]}
  - {name: pager, slack_configs: [{channel: "#shop-page"}, {channel: "#shop-log"}]}
  - {name: tickets, slack_configs: [{channel: "#shop-tickets"}]}
  - {name: billing, slack_configs: [{channel: "#billing"}]}
  - {name: odd, slack_configs: [{channel: "#shop"}]}
"""
ALERTED = "services:\n  a:\n    image: prom/alertmanager:v0.31.1\n    volumes: ['./am.yml:/etc/alertmanager/am.yml']\n"


def test_a_severity_by_another_word_is_that_severity(tmp_path: Path) -> None:
    proposal = small(tmp_path, ALERTED, am=ROUTED)
    assert proposal.spec["alerting"]["slack"] == {
        "channel": "#shop",
        "channels": {"critical": "#shop-page", "warning": "#shop-tickets"},
    }


def test_the_stacks_own_word_counts_before_another(tmp_path: Path) -> None:
    more = '    - matchers: [severity="critical"]\n      receiver: tickets\n    - match: {severity: sev9}\n'
    proposal = small(tmp_path, ALERTED, am=ROUTED.replace("    - match: {severity: sev9}\n", more))
    assert proposal.spec["alerting"]["slack"]["channels"]["critical"] == "#shop-tickets"
    assert "nobody posts there any more" in left(proposal)["channel #shop-page"]


def test_a_channel_that_gets_lost_is_named_with_the_route_that_led_there(tmp_path: Path) -> None:
    found = left(small(tmp_path, ALERTED, am=ROUTED))
    assert 'severity="page" led to receiver pager' in found["channel #shop-log"]
    assert 'route severity="sev9", team="billing" led to receiver billing' in found["channel #billing"]
    assert not {"channel #shop", "channel #shop-page", "channel #shop-tickets"} & found.keys()
    assert 'route severity="sev9" to receiver odd' in found
    assert not [what for what in found if what.startswith('route severity="page"')]


def test_the_rhythm_of_messages_is_named(tmp_path: Path) -> None:
    found = left(small(tmp_path, ALERTED, am=ROUTED))
    assert "extra.alertmanager" in found["group_by alertname, cluster"]
    assert "extra.alertmanager" in found["repeat_interval 3h"]


TUNED = """
global: {scrape_interval: 15s, external_labels: {cluster: shop-eu}}
remote_write: [{url: "https://mimir.example.com/push"}]
scrape_configs:
  - job_name: web
    scrape_interval: 2m
    metric_relabel_configs: [{action: drop, source_labels: [le]}]
    static_configs: [{targets: ["web:8000", "db.example.com:9187"]}]
"""
SCRAPING = (
    "services:\n  p:\n    image: prom/prometheus:v3.1.0\n    mem_limit: 2g\n    cpus: 1.5\n    networks: [{networks}]\n"
    "    volumes: ['./prom.yml:/etc/prometheus/prometheus.yml']\n"
    "networks: {{shop: {{external: true, name: shop_default}}, old: {{external: {{name: old_net}}}}, own: {{}}}}\n"
)


def test_what_was_tuned_is_named(tmp_path: Path) -> None:
    found = left(small(tmp_path, SCRAPING.format(networks="own"), prom=TUNED))
    assert "midwatch plan" in found["limits: p 2GiB and 1.5 cpus"]
    assert "scrape_interval 15s" in found
    assert "workspace" in found["external label cluster=shop-eu"]
    assert "scrape job web: scrape_interval 2m, metric_relabel_configs" in found
    assert "extra.prometheus" in found["remote_write"]


@pytest.mark.parametrize(
    ("networks", "joined", "others"),
    [
        ("own, shop", "shop_default", ""),
        ("old", "old_net", ""),
        ("own", None, ""),
        ("shop, old", "shop_default", "old_net"),
    ],
)
def test_an_app_of_another_project_is_reached_by_the_external_network(
    tmp_path: Path, networks: str, joined: str | None, others: str
) -> None:
    proposal = small(tmp_path, SCRAPING.format(networks=networks), prom=TUNED)
    web, db = proposal.spec["apps"]
    assert web.get("network") == joined
    assert "network" not in db, "a name of the whole net needs none"
    assert others in left(proposal).get("network of web", "")
    assert bool(others) == ("network of web" in left(proposal))


def test_an_app_is_not_named_like_a_service_of_the_stack(tmp_path: Path) -> None:
    proposal = small(
        tmp_path,
        "services:\n  gateway:\n    image: shop/gateway:1\n    expose: ['80']\n"
        "    healthcheck: {test: 'curl http://localhost:80/up'}\n",
    )
    assert proposal.spec["apps"] == [
        {
            "name": "gateway-app",
            "host": f"{tmp_path.name}-gateway-1",
            "port": 80,
            "metrics": None,
            "health": "/up",
            "network": f"{tmp_path.name}_default".lower().replace(".", ""),
        }
    ]


def test_a_named_network_is_joined_by_its_name(tmp_path: Path) -> None:
    proposal = small(
        tmp_path,
        "services:\n  grafana:\n    image: grafana/grafana:12\n    ports: ['3000:3000']\n    networks: [a]\n"
        "networks:\n  a: {name: the-network}\n",
    )
    assert proposal.spec["apps"][0]["network"] == "the-network"
    assert proposal.spec["apps"][0]["health"] == "/api/health"


def test_no_stack_no_spec(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: [\n")
    with pytest.raises(TargetError, match="no stack that can be read") as caught:
        proposed(tmp_path)
    assert caught.value.problems[0].line == 2


def test_the_generated_stack_is_held_against_the_old_one() -> None:
    parsed = stack.read(OLD, use_compose=False)
    found = against(parsed, spec_text(propose(parsed)))
    before, after = found.errors[Blocker.LIMITS]
    assert before > 10
    assert after == 0
    sentences = [one.sentence for one in found.diff.changes]
    assert any(text.startswith("prometheus memory limit 2GiB → ") for text in sentences)
    assert any(text.startswith("service promtail removed") for text in sentences)


texts = st.text(max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
services = st.dictionaries(
    texts,
    st.fixed_dictionaries(
        {"image": st.sampled_from(["prom/prometheus:v3.99.9", "grafana/loki", "redis", "x/y", ":@", ""])},
        optional=dict.fromkeys(
            ("ports", "expose", "networks", "environment", "healthcheck", "command", "depends_on", "volumes",
             "mem_limit", "network_mode", "container_name"), values,
        ),
    ) | values,
    min_size=1,
    max_size=4,
)  # fmt: skip
hostile: st.SearchStrategy[Mapping[str, Any]] = st.fixed_dictionaries(
    {"services": services}, optional={"name": values, "networks": values, "volumes": values}
)


@settings(max_examples=60, deadline=None)
@given(hostile, values, values)
def test_whatever_is_in_the_files_a_proposal_is_valid(
    tmp_path_factory: pytest.TempPathFactory, compose: Any, alerting: Any, scraping: Any
) -> None:
    from midwatch.render.tags import dump

    folder = tmp_path_factory.mktemp("hostile")
    (folder / "compose.yaml").write_text(dump(compose), encoding="utf-8", errors="replace")
    (folder / "am.yml").write_text(dump({"route": alerting, "receivers": alerting}), encoding="utf-8", errors="replace")
    (folder / "p.yml").write_text(dump({"scrape_configs": scraping}), encoding="utf-8", errors="replace")
    try:
        proposal = proposed(folder)
    except TargetError:
        return
    build(parse(spec_text(proposal), known=known()))
    assert all(isinstance(one, Taken) and one.why for one in proposal.taken)
