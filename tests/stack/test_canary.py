"""The canary, against a collector and stores of the test's own, and against the real collector and Prometheus."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, recorded
from tests.stack.programs import fetch, free_port, until

PROGRAM = ROOT / "blueprints/stack/canary"
ALL = {(signal_name, leg): True for signal_name in ("logs", "metrics") for leg in ("accepted", "delivered", "found")}


sys.path.insert(0, str(PROGRAM))
try:
    import canary
    import probes
finally:
    sys.path.remove(str(PROGRAM))


class Fake(ThreadingHTTPServer):
    """The whole way in one: collector, its metrics, Loki and Prometheus. Each leg can be broken."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.accept: dict[str, int] = {"logs": 200, "metrics": 200}
        self.partial = 0
        self.deliver = {"logs": True, "metrics": True}
        self.keep = {"logs": True, "metrics": True}
        self.query: dict[str, int] = {"logs": 200, "metrics": 200}
        self.own_metrics = 200
        self.counts = {"logs": 100, "metrics": 100}
        self.waiting: dict[str, list[int]] = {"logs": [], "metrics": []}
        self.stored: dict[str, list[int]] = {"logs": [], "metrics": []}
        self.queries: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, name: str, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        if name == "logs":
            records = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
            self.waiting[name] += [int(record["timeUnixNano"]) for record in records]
        else:
            points = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["gauge"]["dataPoints"]
            self.waiting[name] += [int(point["asInt"]) for point in points]

    def page(self) -> str:
        for name in ("logs", "metrics"):
            if self.deliver[name]:
                self.counts[name] += len(self.waiting[name])
                self.stored[name] += self.waiting[name] if self.keep[name] else []
                self.waiting[name] = []
        return (
            "# TYPE otelcol_exporter_sent_log_records_total counter\n"
            f'otelcol_exporter_sent_log_records_total{{exporter="otlp_http/loki",x="1"}} {self.counts["logs"]}\n'
            'otelcol_exporter_sent_log_records_total{exporter="otlp_http/other"} 5\n'
            f'otelcol_exporter_sent_metric_points_total{{exporter="otlp_http/prometheus"}} {self.counts["metrics"]}\n'
        )


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def _answer(self, status: int, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self) -> None:
        path, _, words = self.path.partition("?")
        if path == "/metrics":
            return self._answer(self.server.own_metrics, self.server.page())
        name = "logs" if path == "/loki/api/v1/query_range" else "metrics" if path == "/api/v1/query" else ""
        if not name:
            return self._answer(404, "")
        self.server.queries.append(words)
        stored = self.server.stored[name]
        if name == "logs":
            oldest = int(urllib.parse.parse_qs(words)["start"][0])
            values: Any = [[str(mark), "midwatch canary"] for mark in stored if mark >= oldest]
            result = [{"stream": {}, "values": values}] if values else []
        else:
            result = [{"metric": {}, "value": [time.time(), f"{stored[-1]:.10e}"]}] if stored else []
        status = self.server.query[name]
        return self._answer(status, {"data": {"result": result}} if status != 299 else ["nothing"])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.removeprefix("/v1/")
        if self.server.accept[name] == 200 and not self.server.partial:
            self.server.take(name, body)
        key = "rejectedLogRecords" if name == "logs" else "rejectedDataPoints"
        partial = {"partialSuccess": {key: str(self.server.partial)} if self.server.partial else {}}
        self._answer(self.server.accept[name], partial)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.shutdown()


class Clock:
    """A monotonic clock that the test moves, and the wall's with it."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wall(self) -> int:
        return int((1_700_000_000 + self.now) * 1e9) + 123


def made(fake: Fake, clock: Clock, **changes: Any) -> Any:
    settings = {
        "collector": fake.url, "collector_metrics": f"{fake.url}/metrics", "loki": fake.url, "prometheus": fake.url,
    } | changes  # fmt: skip
    return canary.Canary(probes.Settings(**settings), clock=clock, wall=clock.wall)


def run(one: Any, clock: Clock, seconds: int) -> dict[tuple[str, str], bool | None]:
    """Rounds every 2 s; the states after them."""
    for _ in range(seconds // 2):
        one.turn()
        clock.now += 2
    return states(one, clock)


def states(one: Any, clock: Clock) -> dict[tuple[str, str], bool | None]:
    return {(name, leg): state for name, sig in one.signals.items() for leg, state in sig.states(clock.now).items()}


def test_all_is_well(fake: Fake) -> None:
    clock = Clock()
    one = made(fake, clock)
    assert set(states(one, clock).values()) == {None}, "nothing is known before the first probe"
    assert run(one, clock, 600) == ALL
    assert len(fake.bodies) == 2 * 75, "one of each signal every 8 s"
    assert all(len(sig.probes) <= probes.KEEP for sig in one.signals.values())
    assert max(len(json.dumps(body)) for body in fake.bodies) < 500, "it must not fill the stores"


def test_it_asks_for_little(fake: Fake) -> None:
    """Only for what is missing, from the oldest missing on."""
    clock = Clock()
    run(made(fake, clock), clock, 80)
    assert len(fake.queries) == 2 * 10
    asked = urllib.parse.parse_qs(fake.queries[-2])
    assert asked["query"] == ['{service_name="midwatch-canary"}']
    assert int(asked["end"][0]) - int(asked["start"][0]) >= 0


BREAKS: dict[str, tuple[Callable[[Fake, str], Any], str]] = {
    "the collector refuses": (lambda fake, name: fake.accept.update({name: 503}), "accepted"),
    "the collector says that it rejected it": (lambda fake, _: setattr(fake, "partial", 1), "accepted"),
    "the collector keeps it": (lambda fake, name: fake.deliver.update({name: False}), "delivered"),
    "the store drops it": (lambda fake, name: fake.keep.update({name: False}), "found"),
    "the store answers errors": (lambda fake, name: fake.query.update({name: 500}), "found"),
    "the store answers what is no result": (lambda fake, name: fake.query.update({name: 299}), "found"),
}


@pytest.mark.parametrize("name", ["logs", "metrics"])
@pytest.mark.parametrize("what", sorted(BREAKS))
def test_a_break_names_its_leg_alone_and_in_time(
    fake: Fake, name: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever in the rhythm it happens; no other leg is blamed at any time on the way, and all is well again after."""
    breaks, leg = BREAKS[what]
    for offset in (0, 2, 4, 6):
        clock = Clock(1000.0 * (offset + 1))
        one = made(fake, clock)
        assert run(one, clock, 40 + offset) == ALL
        before = (fake.accept.copy(), fake.deliver.copy(), fake.keep.copy(), fake.query.copy())
        breaks(fake, name)
        begun, seen = clock.now, None
        for _ in range(60):
            now = run(one, clock, 2)
            down = {key for key, state in now.items() if state is False}
            assert {down_leg for _, down_leg in down} <= {leg}, f"after {clock.now - begun:g} s"
            if (name, leg) in down and seen is None:
                seen = clock.now - begun
        assert seen is not None and seen <= 24
        late = states(one, clock)
        legs = list(probes.LEGS)
        assert all(late[(name, other)] for other in legs[: legs.index(leg)])
        assert all(late[(name, other)] is None for other in legs[legs.index(leg) + 1 :])
        fake.accept, fake.deliver, fake.keep, fake.query = before
        fake.partial = 0
        assert run(one, clock, 20) == ALL
    told = capsys.readouterr().err
    assert f"{name}: {leg} DOWN" in told
    assert len(told.splitlines()) < 80, "a line per change, not per round"


def test_a_short_stop_is_no_break(fake: Fake) -> None:
    """Ten seconds without the collector, or without deliveries: the next probe is in time."""
    clock = Clock()
    one = made(fake, clock)
    run(one, clock, 40)
    for broken in ("accept", "deliver"):
        setattr(fake, broken, dict.fromkeys(("logs", "metrics"), 503 if broken == "accept" else False))
        for _ in range(5):
            assert False not in run(one, clock, 2).values()
        setattr(fake, broken, dict.fromkeys(("logs", "metrics"), 200 if broken == "accept" else True))
        for _ in range(20):
            assert False not in run(one, clock, 2).values()


def test_a_store_that_cannot_be_asked_is_unknown_and_not_broken(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """The lab's stand-in for Loki has no query API; when it goes away, it is still not known to have one."""
    clock = Clock()
    fake.query["logs"] = 404
    one = made(fake, clock)
    expected = ALL | {("logs", "found"): None}
    for _ in range(100):
        now = run(one, clock, 2)
        assert False not in now.values()
    assert now == expected
    assert capsys.readouterr().err.count("logs: found unknown: the store has no query API (http_404)") == 1
    assert 'canary_leg_up{signal="logs",leg="found"}' not in one.metrics()
    assert 'canary_leg_unknown{signal="logs",leg="found"} 1' in one.metrics()
    one.settings = one.signals["logs"].settings = probes.Settings(
        **{**vars(one.settings), "loki": f"http://127.0.0.1:{free_port()}"}
    )
    assert run(one, clock, 30) == expected
    one.settings = one.signals["logs"].settings = probes.Settings(**{**vars(one.settings), "loki": fake.url})
    fake.query["logs"] = 500
    assert run(one, clock, 30)[("logs", "found")] is False, "an answer of 500 shows that it can be asked"
    fake.query["logs"] = 200
    assert run(one, clock, 20) == ALL


def test_what_is_found_was_delivered_even_when_the_collector_cannot_be_asked(fake: Fake) -> None:
    clock = Clock()
    fake.own_metrics = 500
    assert run(made(fake, clock), clock, 60) == ALL


def test_a_collector_that_starts_anew_counts_from_zero(fake: Fake) -> None:
    clock = Clock()
    fake.query["logs"] = 404
    one = made(fake, clock)
    run(one, clock, 40)
    fake.counts = {"logs": 0, "metrics": 0}
    for _ in range(30):
        assert False not in run(one, clock, 2).values()


def test_it_says_when_what_came_through_was_sent(fake: Fake) -> None:
    """Not when it came: `ops upgrade` asks what the new container passed on, and not what the old one still did."""
    clock = Clock()
    one = made(fake, clock)
    run(one, clock, 8)
    fake.deliver["logs"] = False
    run(one, clock, 4)
    one.turn()
    kept = max(fake.waiting["logs"])
    clock.now += 2
    fake.deliver["logs"] = True
    fake.accept["logs"] = 503
    run(one, clock, 20)
    line = 'canary_last_through_sent_timestamp_seconds{signal="logs",leg="found"} '
    assert f"{line}{kept / 1e9:.3f}\n" in one.metrics()


def test_others_deliveries_do_not_hide_a_lost_line(fake: Fake) -> None:
    """Lines of apps arrive, the canary's do not: the leg `found` says so."""
    clock = Clock()
    one = made(fake, clock)
    run(one, clock, 40)
    fake.deliver["logs"] = False
    for _ in range(30):
        fake.counts["logs"] += 7
        now = run(one, clock, 2)
    assert now[("logs", "delivered")] is True
    assert now[("logs", "found")] is False


def test_its_record_is_what_it_exports(fake: Fake) -> None:
    clock = Clock()
    one = made(fake, clock)
    run(one, clock, 20)
    shown = [line.split()[2:] for line in one.metrics().splitlines() if line.startswith("# TYPE")]
    assert shown and dict(shown) == {metric.name: metric.type for metric in recorded(PROGRAM.name).values()}
    series = [line for line in one.metrics().splitlines() if not line.startswith("#")]
    assert len(series) <= 22, "a handful"


def test_health_says_when_the_loop_stands_still(fake: Fake) -> None:
    clock = Clock()
    one = made(fake, clock)
    one.turn()
    assert one.alive()
    clock.now += 60
    assert not one.alive()


def test_the_script_itself_runs_and_ends_at_once(fake: Fake, tmp_path: Path) -> None:
    """As the container runs it."""
    port = free_port()
    env = {
        "CANARY_COLLECTOR": fake.url, "CANARY_COLLECTOR_METRICS": f"{fake.url}/metrics", "CANARY_LOKI": fake.url,
        "CANARY_PROMETHEUS": fake.url, "CANARY_PORT": str(port),
    }  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-I", "-u", "-B", str(PROGRAM)], env=env, stderr=log)
        try:
            until(lambda: fetch(f"http://127.0.0.1:{port}/health")[0] == 200, "it is healthy")
            until(lambda: fetch(f"http://127.0.0.1:{port}/metrics")[1].count("} 1\n") >= 6, "all legs are up")
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
            assert time.monotonic() - begun < 1.5
        finally:
            process.kill()
