"""The eight ordinary cases, in each of the five formats: base, ours, theirs, and the value that must come out.

Also what ``make bench`` holds against `copier update` and `git merge-file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FORMATS = ("compose", "prometheus", "alertmanager", "loki", "collector")
NAMES = (
    "far-apart keys", "reordered services", "neighbouring keys", "trailing comment", "comment line above a key",
    "service appended on both sides", "list item next to a changed one", "whole file re-indented",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One case. ``expected`` is a text of the right value, ``comments`` what must still stand in the result."""

    name: str
    format: str
    file: str
    base: str
    ours: str
    theirs: str
    expected: str
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Format:
    """A file, and the places in it that the cases change: each is a text that stands in it once."""

    file: str
    text: str
    far: tuple[str, str, str, str]
    """First key: old, new (ours); last key: old, new (theirs)."""
    blocks: tuple[str, str]
    """Two entries, next to each other, that ours swaps; theirs changes ``far``'s last key."""
    near: tuple[str, str, str, str]
    """Two keys next to each other: old, new (ours), old, new (theirs)."""
    added: tuple[str, str, str]
    """The text at whose end both add; what ours adds; what theirs adds."""
    items: tuple[str, str, str]
    """A list item, what theirs makes of it, and one that ours adds behind it."""


COMPOSE = _Format(
    "compose.yaml",
    """\
# Generated. Start: docker compose up -d
name: demo

services:
  # Sends alerts
  alertmanager:
    image: prom/alertmanager:v0.31.1
    mem_limit: 128m
    stop_grace_period: 30s
    ports:
      - "127.0.0.1:9093:9093"
      - "127.0.0.1:9094:9094"
    restart: unless-stopped

  # Stores metrics
  prometheus:
    image: prom/prometheus:v3.5.0
    environment:
      A: "1"
    restart: unless-stopped

networks:
  # the services talk to each other
  monitoring:
    internal: true
""",
    ("image: prom/alertmanager:v0.31.1", "image: prom/alertmanager:v0.31.2", "internal: true", "internal: false"),
    (
        "  # Sends alerts\n  alertmanager:\n    image: prom/alertmanager:v0.31.1\n    mem_limit: 128m\n"
        '    stop_grace_period: 30s\n    ports:\n      - "127.0.0.1:9093:9093"\n      - "127.0.0.1:9094:9094"\n'
        "    restart: unless-stopped\n\n",
        "  # Stores metrics\n  prometheus:\n    image: prom/prometheus:v3.5.0\n    environment:\n"
        '      A: "1"\n    restart: unless-stopped\n\n',
    ),
    ("mem_limit: 128m", "mem_limit: 256m", "stop_grace_period: 30s", "stop_grace_period: 45s"),
    (
        '      A: "1"\n    restart: unless-stopped\n',
        "\n  # mine\n  mine:\n    image: mine:1\n",
        "\n  # Keeps logs\n  loki:\n    image: grafana/loki:3.7.4\n",
    ),
    ('"127.0.0.1:9094:9094"', '"127.0.0.1:9095:9094"', '"127.0.0.1:7000:7000"'),
)
PROMETHEUS = _Format(
    "prometheus.yml",
    """\
global:
  scrape_interval: 10s
  scrape_timeout: 5s
  evaluation_interval: 5s

scrape_configs:
  # itself
  - job_name: prometheus
    static_configs:
      - targets:
          - prometheus:9090
          - prometheus:9091
  # logs
  - job_name: loki
    metrics_path: /metrics
    static_configs:
      - targets: [loki:3100]

storage:
  tsdb:
    out_of_order_time_window: 30m
""",
    ("scrape_interval: 10s", "scrape_interval: 15s", "out_of_order_time_window: 30m", "out_of_order_time_window: 2h"),
    (
        "  # itself\n  - job_name: prometheus\n    static_configs:\n      - targets:\n          - prometheus:9090\n"
        "          - prometheus:9091\n",
        "  # logs\n  - job_name: loki\n    metrics_path: /metrics\n    static_configs:\n      - targets: [loki:3100]\n",
    ),
    ("scrape_timeout: 5s", "scrape_timeout: 8s", "evaluation_interval: 5s", "evaluation_interval: 10s"),
    (
        "      - targets: [loki:3100]\n",
        "  - job_name: mine # mine\n    static_configs:\n      - targets: [mine:1]\n",
        "  # sessions\n  - job_name: redis\n    static_configs:\n      - targets: [redis-exporter:9121]\n",
    ),
    ("prometheus:9091", "prometheus:9092", "prometheus:7000"),
)
ALERTMANAGER = _Format(
    "alertmanager.yml",
    """\
global:
  resolve_timeout: 5m

route:
  receiver: slack
  group_wait: 5s
  group_interval: 30s
  routes:
    # wakes
    - matchers: [severity="critical"]
      receiver: slack
      repeat_interval: 1h
    # waits
    - matchers: [severity="warning"]
      receiver: nobody

receivers:
  - name: nobody
  - name: slack
    slack_configs:
      - channel: "#alerts"

templates:
  - templates/a.tmpl
  - templates/b.tmpl

inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [component]
""",
    ("resolve_timeout: 5m", "resolve_timeout: 10m", "equal: [component]", "equal: [component, job]"),
    (
        '    # wakes\n    - matchers: [severity="critical"]\n      receiver: slack\n      repeat_interval: 1h\n',
        '    # waits\n    - matchers: [severity="warning"]\n      receiver: nobody\n',
    ),
    ("group_wait: 5s", "group_wait: 10s", "group_interval: 30s", "group_interval: 1m"),
    (
        '      - channel: "#alerts"\n',
        '  - name: mine # mine\n    slack_configs:\n      - channel: "#mine"\n',
        '  # the second call\n  - name: escalated\n    slack_configs:\n      - channel: "#now"\n',
    ),
    ("templates/b.tmpl", "templates/c.tmpl", "templates/mine.tmpl"),
)
LOKI = _Format(
    "loki.yaml",
    """\
auth_enabled: false

server:
  port: 3100
  log_level: info
  log_format: json

schema_config:
  configs:
    # Never change an entry.
    - from: "2024-01-01"
      store: tsdb
      schema: v13
    - from: "2025-01-01"
      store: tsdb
      schema: v13

limits_config:
  discover_service_name:
    - service
    - app
  retention_period: 168h

# Without these lines nothing is deleted.
compactor:
  retention_enabled: true
  delete_request_store: filesystem
""",
    ("port: 3100", "port: 3101", "delete_request_store: filesystem", "delete_request_store: s3"),
    (
        '    # Never change an entry.\n    - from: "2024-01-01"\n      store: tsdb\n      schema: v13\n',
        '    - from: "2025-01-01"\n      store: tsdb\n      schema: v13\n',
    ),
    ("log_level: info", "log_level: warn", "log_format: json", "log_format: logfmt"),
    (
        '    - from: "2025-01-01"\n      store: tsdb\n      schema: v13\n',
        '    - from: "2027-01-01" # mine\n      store: tsdb\n      schema: v14\n',
        '    # what comes\n    - from: "2028-01-01"\n      store: tsdb\n      schema: v15\n',
    ),
    ("- app", "- application", "- mine"),
)
COLLECTOR = _Format(
    "config.yaml",
    """\
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317

processors:
  # refuses before the memory is gone
  memory_limiter:
    check_interval: 1s
    limit_mib: 846
    spike_limit_mib: 169

  # personal data
  redaction/pii:
    allow_all_keys: true
    blocked_values:
      - "4[0-9]{3}"
      - "5[0-9]{3}"

exporters:
  # logs
  otlp_http/loki:
    endpoint: http://loki:3100/otlp
  # metrics
  otlp_http/prometheus:
    endpoint: http://prometheus:9090/otlp

service:
  pipelines:
    logs:
      receivers: [otlp]
      processors: [memory_limiter, redaction/pii]
      exporters: [otlp_http/loki]
""",
    ("endpoint: 0.0.0.0:4317", "endpoint: 0.0.0.0:5317", "exporters: [otlp_http/loki]", "exporters: [debug]"),
    (
        "  # logs\n  otlp_http/loki:\n    endpoint: http://loki:3100/otlp\n",
        "  # metrics\n  otlp_http/prometheus:\n    endpoint: http://prometheus:9090/otlp\n",
    ),
    ("limit_mib: 846", "limit_mib: 900", "spike_limit_mib: 169", "spike_limit_mib: 180"),
    (
        "    endpoint: http://prometheus:9090/otlp\n",
        "  # mine\n  file/mine:\n    path: /tmp/x\n",
        "  # for debugging\n  debug:\n    verbosity: basic\n",
    ),
    ('"5[0-9]{3}"', '"55[0-9]{2}"', '"3[0-9]{3}"'),
)  # fmt: skip
_FORMATS = dict(zip(FORMATS, (COMPOSE, PROMETHEUS, ALERTMANAGER, LOKI, COLLECTOR), strict=True))


def once(text: str, old: str, new: str) -> str:
    """Replace what stands there exactly once."""
    assert len(re.findall(rf"(?<![\w]){re.escape(old)}", text)) == 1, (old, text)
    return re.sub(rf"(?<![\w]){re.escape(old)}", lambda _: new, text)


def reindent(text: str) -> str:
    """Four columns per level instead of two."""
    wider = re.sub(r"^( +)", lambda spaces: spaces[0] * 2, text, flags=re.M)
    return re.sub(r"^( *)- ", r"\1-   ", wider, flags=re.M)


def cases() -> Iterator[Case]:
    """All forty."""
    for name, form in _FORMATS.items():
        for case, make in zip(NAMES, _MAKE, strict=True):
            ours, theirs, expected, comments = make(form)
            yield Case(case, name, form.file, form.text, ours, theirs, expected, comments)


_Parts = tuple[str, str, str, tuple[str, ...]]


def _far(form: _Format) -> _Parts:
    old, mine, other, new = form.far
    theirs = once(form.text, other, new)
    return once(form.text, old, mine), theirs, once(theirs, old, mine), ()


def _reordered(form: _Format) -> _Parts:
    first, second = form.blocks
    ours = form.text.replace(first + second, second + first)
    assert ours != form.text
    _, _, other, new = form.far
    return ours, once(form.text, other, new), once(ours, other, new), _hashes(first + second)


def _near(form: _Format) -> _Parts:
    old, mine, other, new = form.near
    theirs = once(form.text, other, new)
    return once(form.text, old, mine), theirs, once(theirs, old, mine), ()


def _trailing(form: _Format) -> _Parts:
    old, _, _, _ = form.near
    new = f"{old.partition(':')[0]}: {form.near[1].partition(': ')[2]}"
    theirs = once(form.text, old, new)
    return once(form.text, old, f"{old}  # OPS-7: why"), theirs, theirs, ("# OPS-7: why",)


def _above(form: _Format) -> _Parts:
    old, new = form.near[:2]
    line = next(line for line in form.text.split("\n") if old in line)
    comment = line[: len(line) - len(line.lstrip())] + "# OPS-8: see the ticket"
    ours = form.text.replace(line, f"{comment}\n{line}")
    return ours, once(form.text, old, new), once(form.text, old, new), ("# OPS-8: see the ticket",)


def _appended(form: _Format) -> _Parts:
    end, mine, other = form.added
    assert form.text.count(end) == 1
    ours, theirs = form.text.replace(end, end + mine), form.text.replace(end, end + other)
    return ours, theirs, form.text.replace(end, end + mine + other), _hashes(mine + other)


def _item(form: _Format) -> _Parts:
    old, changed, added = form.items
    line = next(line for line in form.text.split("\n") if old in line)
    more = line.replace(old, added) + "  # mine"
    ours = form.text.replace(line, f"{line}\n{more}")
    theirs = once(form.text, old, changed)
    return ours, theirs, once(ours, old, changed), ("# mine",)


def _reindented(form: _Format) -> _Parts:
    _, _, other, new = form.far
    ours = reindent(form.text)
    return ours, once(form.text, other, new), once(ours, other, new), _hashes(form.text)


def _hashes(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"# .*", text))


_MAKE: tuple[Callable[[_Format], _Parts], ...] = (
    _far, _reordered, _near, _trailing, _above, _appended, _item, _reindented,
)  # fmt: skip
