"""A collector with the generated configuration, between an OTLP client and stores of the test's own."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from midwatch.render.tree import render
from midwatch.spec.model import Spec
from tests.stack.programs import fetch, free_port, needed, running, until

CONFIG = "otel-collector/config.yaml"


class Store(ThreadingHTTPServer):
    """Takes OTLP in JSON, keeps it, and answers with ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.received: list[tuple[str, Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def payloads(self, signal: str) -> list[Any]:
        """What arrived for ``logs``, ``metrics`` or ``traces``."""
        return [data for path, data in list(self.received) if path.endswith(f"/v1/{signal}")]

    def records(self) -> list[dict[str, Any]]:
        """Every log record, with its resource's attributes under ``resource``."""
        return [
            {**record, "resource": plain(resource["resource"].get("attributes", []))}
            for payload in self.payloads("logs")
            for resource in payload["resourceLogs"]
            for scope in resource["scopeLogs"]
            for record in scope["logRecords"]
        ]

    def bodies(self) -> list[str]:
        """The bodies of all log records, in the order of arrival."""
        return [record["body"]["stringValue"] for record in self.records()]


class _Handler(BaseHTTPRequestHandler):
    server: Store

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.received.append((self.path, json.loads(data)))
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """OTLP's list of attributes as a dict; a value is what its single key holds."""
    return {item["key"]: next(iter(item["value"].values()), None) for item in attributes}


def text(value: str) -> dict[str, Any]:
    """A string as OTLP writes it in JSON."""
    return {"stringValue": value}


def attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A dict as OTLP's attributes: strings become string values, anything else is taken as it is."""
    return [{"key": key, "value": text(v) if isinstance(v, str) else v} for key, v in values.items()]


@dataclass
class Collector:
    """Where a running collector listens."""

    http: str
    metrics: str
    health: str
    log: Path
    loki: Store
    prometheus: Store
    traces: Store
    process: subprocess.Popen[bytes] | None = None

    def send(self, signal: str, payload: Any) -> int:
        """POST OTLP in JSON; the status of the answer."""
        body = json.dumps(payload).encode()
        return fetch(f"{self.http}/v1/{signal}", "POST", body, "application/json")[0]

    def send_logs(
        self, *bodies: Any, log: Mapping[str, Any] | None = None, resource: Mapping[str, Any] | None = None
    ) -> int:
        """Log records with these bodies (strings, or OTLP values), in one resource."""
        now = str(time.time_ns())
        records = [
            {
                "timeUnixNano": now,
                "body": text(body) if isinstance(body, str) else body,
                "attributes": attributes(log or {}),
            }
            for body in bodies
        ]
        one = {"resource": {"attributes": attributes(resource or {})}, "scopeLogs": [{"logRecords": records}]}
        return self.send("logs", {"resourceLogs": [one]})

    def metric(self, name: str) -> dict[str, float]:
        """Samples of one of its own metrics, by their label text."""
        samples = {}
        for line in fetch(self.metrics)[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series == name or series.startswith(name + "{"):
                samples[series[len(name) :]] = float(value)
        return samples


def configured(spec: Spec, folder: Path, stores: tuple[Store, Store, Store], ports: tuple[int, int, int]) -> Any:
    """The generated configuration with this test's addresses and folders in place of the stack's; nothing else."""
    config = YAML(typ="safe", pure=True).load(render(spec)[CONFIG].data)
    loki, prometheus, traces = stores
    http, metrics, health = ports
    config["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = f"127.0.0.1:{http}"
    config["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] = "127.0.0.1:0"
    config["receivers"]["file_log/containers"]["include"] = [f"{folder}/containers/*/*-json.log"]
    config["extensions"]["health_check"]["endpoint"] = f"127.0.0.1:{health}"
    for name in ("positions", "queue"):
        config["extensions"][f"file_storage/{name}"]["directory"] = f"{folder}/{name}"
    config["extensions"]["file_storage/queue"]["compaction"]["directory"] = f"{folder}/compaction"
    config["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"] = {
        "host": "127.0.0.1",
        "port": metrics,
    }
    exporters = config["exporters"]
    for name, store in (("loki", loki), ("prometheus", prometheus), ("traces", traces)):
        exporter = exporters.get(f"otlp_http/{name}")
        if exporter is not None:
            exporter["endpoint"] = store.url
            exporter |= {"encoding": "json", "compression": "none"}
            exporter["retry_on_failure"] |= {"initial_interval": "200ms", "max_interval": "400ms"}
            exporter["sending_queue"]["batch"]["flush_timeout"] = "50ms"
    return config


@contextmanager
def collector(spec: Spec, folder: Path, change: Any = None, stores: Any = None) -> Iterator[Collector]:
    """A running collector. Skips the test where there is no ``otelcol-contrib``."""
    program = needed("otelcol-contrib")
    (folder / "containers").mkdir(parents=True, exist_ok=True)
    stores = stores or (Store(), Store(), Store())
    ports = (free_port(), free_port(), free_port())
    config = configured(spec, folder, stores, ports)
    if change is not None:
        change(config)
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    one = Collector(
        http=f"http://127.0.0.1:{ports[0]}",
        metrics=f"http://127.0.0.1:{ports[1]}/metrics",
        health=f"http://127.0.0.1:{ports[2]}/",
        log=folder / "collector.log",
        loki=stores[0],
        prometheus=stores[1],
        traces=stores[2],
    )
    with running([program, f"--config={path}"], one.log) as one.process:
        until(lambda: fetch(one.health)[0] == 200, f"the collector is healthy; see {one.log}")
        yield one
