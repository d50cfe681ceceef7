"""The collector: container logs, workspace, queues that outlive it, and what it does when a store is away."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_spec, recorded
from tests.stack.collector import Collector, Store, attributes, collector, plain, text
from tests.stack.programs import fetch, until

IDENTITY = "4f" * 32


def docker_line(body: str, stream: str = "stdout", **attrs: str) -> str:
    """A line of Docker's json-file driver; ``body`` brings its own newline, or none for a piece."""
    line: dict[str, Any] = {"log": body, "stream": stream}
    if attrs:
        line["attrs"] = {key.replace("__", "."): value for key, value in attrs.items()}
    return json.dumps(line | {"time": time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())}) + "\n"


def labelled(service: str, project: str = "demo") -> dict[str, str]:
    return {"com__docker__compose__service": service, "com__docker__compose__project": project}


def log_file(folder: Path, identity: str = IDENTITY) -> Path:
    file = folder / "containers" / identity / f"{identity}-json.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def append(file: Path, *lines: str) -> None:
    with file.open("a") as out:
        out.writelines(lines)


def arrived(one: Collector, count: int) -> list[dict[str, Any]]:
    until(lambda: len(one.loki.records()) >= count, f"{count} records arrive; see {one.log}")
    time.sleep(0.3)
    return one.loki.records()


def test_container_logs_carry_container_service_and_project(tmp_path: Path) -> None:
    append(log_file(tmp_path), docker_line("hello\n", **labelled("shop", "studio")), docker_line("err\r\n", "stderr"))
    with collector(make_spec(), tmp_path) as one:
        records = {record["body"]["stringValue"]: record for record in arrived(one, 2)}
    assert records["hello"]["resource"] == {
        "container.id": IDENTITY,
        "service.name": "shop",
        "compose.service": "shop",
        "compose.project": "studio",
        "workspace_id": "demo",
    }
    assert plain(records["hello"]["attributes"]) == {"log.iostream": "stdout"}
    assert records["hello"]["timeUnixNano"].endswith("123456789")
    assert records["err"]["resource"] == {"container.id": IDENTITY, "workspace_id": "demo"}


def test_a_line_that_docker_cut_into_pieces_is_whole_again(tmp_path: Path) -> None:
    pieces = ["a" * 16384, "b" * 16384, "end\n"]
    append(log_file(tmp_path), *(docker_line(piece) for piece in pieces), docker_line("next\n"))
    with collector(make_spec(), tmp_path) as one:
        bodies = sorted(record["body"]["stringValue"] for record in arrived(one, 2))
    assert bodies == ["".join(pieces).rstrip("\n"), "next"]


def test_a_secret_across_two_pieces_is_removed(tmp_path: Path) -> None:
    append(log_file(tmp_path), docker_line("x" * 16380 + " jane.d"), docker_line("oe@example.com\n"))
    with collector(make_spec(), tmp_path) as one:
        (record,) = arrived(one, 1)
    assert record["body"]["stringValue"].endswith(" [email removed]")


def test_its_own_log_is_not_taken_in_but_that_of_another_stack_is(tmp_path: Path) -> None:
    append(log_file(tmp_path), docker_line("mine\n", **labelled("otel-collector")))
    append(log_file(tmp_path, "ab" * 32), docker_line("theirs\n", **labelled("otel-collector", "other")))
    with collector(make_spec(), tmp_path) as one:
        arrived(one, 1)
        assert one.loki.bodies() == ["theirs"]


def test_a_line_that_is_no_json_is_kept_and_stops_nothing(tmp_path: Path) -> None:
    append(log_file(tmp_path), "no json at all\n", docker_line("after\n"))
    with collector(make_spec(), tmp_path) as one:
        arrived(one, 1)
        until(lambda: sorted(one.loki.bodies()) == ["after", "no json at all"], "both lines arrive")


def test_no_line_is_read_twice_or_lost_over_a_restart_and_a_rotation(tmp_path: Path) -> None:
    file = log_file(tmp_path)
    stores = (Store(), Store(), Store())
    append(file, *(docker_line(f"one {i}\n", **labelled("shop")) for i in range(50)))
    with collector(make_spec(), tmp_path, stores=stores) as one:
        arrived(one, 50)
    append(file, *(docker_line(f"two {i}\n", **labelled("shop")) for i in range(50)))
    with collector(make_spec(), tmp_path, stores=stores) as one:
        arrived(one, 100)
        append(file, *(docker_line(f"three {i}\n", **labelled("shop")) for i in range(50)))
        file.rename(file.with_name(file.name + ".1"))
        append(file, *(docker_line(f"four {i}\n", **labelled("shop")) for i in range(50)))
        arrived(one, 200)
    wanted = sorted(f"{part} {i}" for part in ("one", "two", "three", "four") for i in range(50))
    assert sorted(stores[0].bodies()) == wanted


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_waits_for_loki_survives_the_end_of_the_collector(tmp_path: Path, end: signal.Signals) -> None:
    stores = (Store(), Store(), Store())
    stores[0].status = 503
    file = log_file(tmp_path)
    with collector(make_spec(), tmp_path, stores=stores) as one:
        for i in range(20):
            assert one.send_logs(*(f"otlp {i} {j}" for j in range(10))) == 200
        append(file, *(docker_line(f"file {i}\n") for i in range(100)))
        until(lambda: sum(one.metric("otelcol_exporter_queue_size").values()) > 0, "the queue fills")
        until(lambda: sum(one.metric("otelcol_receiver_accepted_log_records_total").values()) >= 300, "all are taken")
        time.sleep(1.0)
        assert one.process is not None
        one.process.send_signal(end)
        assert one.process.wait(20) == (0 if end == signal.SIGTERM else -9)
    assert stores[0].bodies() == []
    stores[0].status = 200
    with collector(make_spec(), tmp_path, stores=stores) as one:
        wanted = {f"otlp {i} {j}" for i in range(20) for j in range(10)} | {f"file {i}" for i in range(100)}
        until(lambda: wanted <= set(stores[0].bodies()), f"everything arrives; see {one.log}", 30)
        until(lambda: max(one.metric("otelcol_exporter_queue_size").values()) == 0, "the queue is empty again")


def test_a_full_queue_refuses_and_the_log_files_wait(tmp_path: Path) -> None:
    """A client is told so, and what is in a file comes later: nothing is dropped in silence."""

    def small(config: Any) -> None:
        queue = config["exporters"]["otlp_http/loki"]["sending_queue"]
        queue["queue_size"] = 300_000
        queue["batch"] |= {"min_size": 10_000, "max_size": 20_000}

    stores = (Store(), Store(), Store())
    stores[0].status = 503
    file = log_file(tmp_path)
    with collector(make_spec(), tmp_path, change=small, stores=stores) as one:
        answers = [one.send_logs("x" * 5000) for _ in range(100)]
        assert answers[0] == 200
        assert 503 in answers, "a client is told to come again"
        append(file, *(docker_line(f"file {i} {'y' * 1000}\n") for i in range(300)))
        time.sleep(2)
        stores[0].status = 200
        until(lambda: len([b for b in stores[0].bodies() if b.startswith("file")]) >= 300, f"all lines; {one.log}", 60)


def test_the_workspace_of_a_record_wins_over_its_resource_and_the_default(tmp_path: Path) -> None:
    spec = make_spec(
        workspace={"label": "tenant", "default": "house"},
        apps=[{"name": "shop", "port": 80, "workspace": "shop-ws"}, {"name": "plain", "port": 80}],
    )
    with collector(spec, tmp_path) as one:
        one.send_logs("a")
        one.send_logs("b", resource={"service.name": "shop"})
        one.send_logs("c", resource={"service.name": "plain"})
        one.send_logs("d", resource={"service.name": "shop", "tenant": "theirs"})
        one.send_logs("e", log={"tenant": "own"}, resource={"tenant": "theirs"})
        found = {record["body"]["stringValue"]: record["resource"]["tenant"] for record in arrived(one, 5)}
        assert found == {"a": "house", "b": "shop-ws", "c": "house", "d": "theirs", "e": "own"}
        point = {"timeUnixNano": str(time.time_ns()), "asInt": "1"}
        metric = {"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [point]}}]}]}
        payload = [metric, {"resource": {"attributes": attributes({"tenant": "theirs"})}, **metric}]
        assert one.send("metrics", {"resourceMetrics": payload}) == 200
        until(lambda: bool(one.prometheus.payloads("metrics")), "metrics arrive")
        (got,) = one.prometheus.payloads("metrics")
        tenants = [plain(resource["resource"]["attributes"])["tenant"] for resource in got["resourceMetrics"]]
        assert sorted(tenants) == ["house", "theirs"]


SPAN = {"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7", "name": "x"}
TRACES = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}


def test_without_an_endpoint_traces_are_counted_and_dropped(tmp_path: Path) -> None:
    with collector(make_spec(), tmp_path) as one:
        assert one.send("traces", TRACES) == 200
        until(lambda: sum(one.metric("otelcol_receiver_accepted_spans_total").values()) == 1, "the span is counted")
        assert one.traces.received == []


def test_with_an_endpoint_traces_are_forwarded_with_their_workspace(tmp_path: Path) -> None:
    spec = make_spec(collector={"traces": {"endpoint": "http://tempo.example:4318"}})
    with collector(spec, tmp_path) as one:
        assert one.send("traces", TRACES) == 200
        until(lambda: bool(one.traces.payloads("traces")), "the span arrives")
        (resource,) = one.traces.payloads("traces")[0]["resourceSpans"]
        assert plain(resource["resource"]["attributes"]) == {"workspace_id": "demo"}


def test_its_own_metrics_are_those_of_its_record(tmp_path: Path) -> None:
    """Every name that shows up here is in the list (the list also holds what shows up under load alone)."""
    names = recorded("otel-collector").keys()
    stores = (Store(), Store(), Store())
    stores[0].status = 400
    append(log_file(tmp_path), docker_line("x\n"))
    with collector(make_spec(), tmp_path, stores=stores) as one:
        one.send_logs("a")
        one.send("traces", TRACES)
        until(lambda: bool(one.metric("otelcol_exporter_send_failed_log_records_total")), "a failure is counted")
        seen = {line.split()[2] for line in fetch(one.metrics)[1].splitlines() if line.startswith("# TYPE")}
    shown = {name for family in seen for name in (family, f"{family}_bucket", f"{family}_count", f"{family}_sum")}
    assert seen - names - {f for f in seen if f"{f}_bucket" in names} == set()
    assert {"otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity"} <= shown & names


def test_text_helper_is_what_otlp_wants() -> None:
    assert attributes({"a": "b", "n": {"intValue": "1"}}) == [
        {"key": "a", "value": text("b")},
        {"key": "n", "value": {"intValue": "1"}},
    ]
