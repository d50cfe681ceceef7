"""Exports what Docker knows of each container: limits, use, health, restarts, exits and kills for memory.

Needs nothing but a read-only view of the Docker API over HTTP (no socket, no host mount, no privilege), so it works
on every engine, cgroup version and image store. Standard library only: it runs in a plain Python image.
Names are cAdvisor's where cAdvisor has one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API = os.environ.get("DOCKER_API", "http://docker-proxy:2375")
TIMEOUT = 3.0  # seconds; well below Prometheus' scrape timeout, also on a host under load
TRUE_FOR = 60.0  # seconds; below what the alerts on a container's state wait for
# Docker answers for a container's use at its own next tick, up to a second later, one-shot or not (seen with 20.10): so
# many are asked at once. 160 containers take 4 s; the thread that waits costs nearly nothing. Fits the limit of pids.
AT_ONCE = 40
QUIET = 60.0  # seconds without an event after which the connection is made anew, in case nobody is at its other end
AGAIN = 1.0  # seconds before it is made anew
HEALTH = ("healthy", "starting", "unhealthy")

# name -> type and help
METRICS = {
    "container_running": ("gauge", "1 when the container runs."),
    "container_health_status": ("gauge", "1 for the state that the container's health check is in."),
    "container_restarts_total": ("counter", "Restarts by the restart policy since the container was created."),
    "container_start_time_seconds": ("gauge", "When the container was last started, Unix time."),
    "container_last_exit_code": ("gauge", "Exit code of the last run of a container that does not run."),
    "container_spec_memory_limit_bytes": ("gauge", "Memory limit; 0 means none."),
    "container_spec_cpu_quota": ("gauge", "CPU time that it may use in each period, microseconds; 0 means no limit."),
    "container_spec_cpu_period": ("gauge", "Length of the scheduler's period, microseconds."),
    "container_memory_working_set_bytes": ("gauge", "Memory in use without the inactive page cache."),
    "container_cpu_usage_seconds_total": ("counter", "CPU time used."),
    "container_cpu_cfs_periods_total": ("counter", "Scheduler periods in which the container wanted to run."),
    "container_cpu_cfs_throttled_periods_total": ("counter", "Periods in which it was throttled at its cpu limit."),
    "container_oom_events_total": ("counter", "Kills for memory, since this exporter started."),
    "container_exits_total": ("counter", "Exits, since this exporter started."),
    "container_exporter_docker_up": ("gauge", "1 when Docker could be asked, 0 when not: then nothing else is known."),
    "container_exporter_scrape_seconds": ("gauge", "How long asking Docker took."),
}
Sample = tuple[str, dict[str, str], float]


def get(path: str) -> Any:
    """One GET of the Docker API, parsed. Raises OSError or ValueError."""
    with urllib.request.urlopen(API + path, timeout=TIMEOUT) as answer:  # noqa: S310 (address is our own setting)
        return json.load(answer)


def unix_time(text: str) -> float:
    """Docker's RFC 3339 time (nanoseconds) as Unix time; 0 for its zero time."""
    if text.startswith("0001"):
        return 0.0
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def labels_of(name: str, labels: dict[str, str]) -> dict[str, str]:
    """Labels that tell a container apart; empty where it does not belong to Compose."""
    return {
        "name": name.lstrip("/"),
        "service": labels.get("com.docker.compose.service", ""),
        "project": labels.get("com.docker.compose.project", ""),
    }


def state_samples(inspected: dict[str, Any]) -> list[Sample]:
    """Samples from ``/containers/ID/json``."""
    labels = labels_of(inspected["Name"], inspected["Config"].get("Labels") or {})
    state = inspected["State"]
    running = bool(state.get("Running"))
    samples: list[Sample] = [
        ("container_running", labels, float(running)),
        ("container_restarts_total", labels, float(inspected.get("RestartCount", 0))),
        ("container_start_time_seconds", labels, unix_time(state.get("StartedAt", "0001"))),
        ("container_spec_memory_limit_bytes", labels, float(inspected["HostConfig"].get("Memory", 0))),
        *cpu_limit_samples(labels, inspected["HostConfig"]),
    ]
    if not running:
        samples.append(("container_last_exit_code", labels, float(state.get("ExitCode", 0))))
    health = (state.get("Health") or {}).get("Status", "none")
    if running and health in HEALTH:
        samples += [("container_health_status", {**labels, "status": one}, float(one == health)) for one in HEALTH]
    return samples


def cpu_limit_samples(labels: dict[str, str], host: dict[str, Any]) -> list[Sample]:
    """Docker keeps a limit either as billionths of a cpu (Compose's ``cpus``) or as quota and period."""
    period = float(host.get("CpuPeriod") or 100000)
    nano = host.get("NanoCpus") or 0
    quota = nano * period / 1e9 if nano else float(host.get("CpuQuota") or 0)
    return [("container_spec_cpu_quota", labels, quota), ("container_spec_cpu_period", labels, period)]


def usage_samples(labels: dict[str, str], stats: dict[str, Any]) -> list[Sample]:
    """Samples from ``/containers/ID/stats``; empty when the container stopped meanwhile."""
    memory = stats.get("memory_stats") or {}
    cpu = stats.get("cpu_stats") or {}
    if "usage" not in memory:
        return []
    detail = memory.get("stats") or {}
    # cgroup v1 says total_inactive_file, v2 inactive_file
    inactive = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    throttling = cpu.get("throttling_data") or {}
    return [
        ("container_memory_working_set_bytes", labels, float(max(0, memory["usage"] - inactive))),
        ("container_cpu_usage_seconds_total", labels, (cpu.get("cpu_usage") or {}).get("total_usage", 0) / 1e9),
        ("container_cpu_cfs_periods_total", labels, float(throttling.get("periods", 0))),
        ("container_cpu_cfs_throttled_periods_total", labels, float(throttling.get("throttled_periods", 0))),
    ]


@dataclass
class Seen:
    """What a container's inspection said last, and what had been counted by then."""

    restarts: int
    killed: bool
    exits: int
    kills: int
    late: bool = False
    """Whether an inspection has already said more than the events: theirs may have been on the way."""


class Exporter:
    """Asks Docker at each scrape, and counts its events as they come.

    Docker keeps few events to be asked for later, and the health checks of a full host push them out within seconds: so
    one connection stays open for them. What was lost all the same, while that was down, is told by the inspection.
    """

    def __init__(self, now: float) -> None:
        self.since = int(now * 1e9)
        """Unix time in nanoseconds: events before it are counted."""
        self.seen: dict[tuple[str, str, str], Seen] = {}
        self.counting = threading.Lock()
        self.counts: dict[str, Counter[tuple[str, str, str]]] = {"oom": Counter(), "die": Counter()}
        self.lock = threading.Lock()
        self.pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        self.collector = ThreadPoolExecutor(max_workers=1)
        self.running: Future[list[Sample]] | None = None
        self.listed = False
        """Whether Docker has answered the collection that runs."""
        self.last: tuple[float, list[Sample]] = (float("-inf"), [])
        """The last collection that was whole: when it ended, by the monotonic clock, and what it found."""

    def within(self, seconds: float) -> list[Sample]:
        """All samples, by one collection at a time. Raises TimeoutError when Docker does not answer for longer.

        A timeout of the connection alone does not do: while the proxy is away, looking up its name can take longer
        than a scrape may, and Prometheus would call this program dead instead of the proxy. A host under load answers,
        but not for each container in time: then what it said last is true enough for a minute.
        """
        with self.lock:
            if self.running is None or self.running.done():
                self.listed = False
                self.running = self.collector.submit(self.collect)
            running = self.running
        try:
            return running.result(timeout=seconds)
        except TimeoutError:
            ended, samples = self.last
            if self.listed and time.monotonic() - ended <= TRUE_FOR:
                return samples
            raise

    def collect(self) -> list[Sample]:
        """All samples. Raises OSError or ValueError when Docker cannot be asked."""
        started = time.monotonic()
        ids = [container["Id"] for container in get("/containers/json?all=1")]
        self.listed = True
        samples = [sample for part in self.pool.map(self.one, ids) for sample in part]
        samples += self.event_samples(samples)
        ended = time.monotonic()
        samples.append(("container_exporter_scrape_seconds", {}, ended - started))
        self.last = (ended, samples)
        return samples

    def one(self, identity: str) -> list[Sample]:
        """Samples of one container; empty when it went away between two requests."""
        try:
            inspected = get(f"/containers/{identity}/json")
            self.settle(inspected)
            samples = state_samples(inspected)
            if samples[0][2]:
                samples += usage_samples(samples[0][1], self.stats(identity))
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return []
            raise
        return samples

    @staticmethod
    def stats(identity: str) -> dict[str, Any]:
        """``/containers/ID/stats``; empty when the container ends meanwhile, which Docker answers with nothing, or when
        Docker is too slow: that says nothing about the others."""
        try:
            stats: dict[str, Any] = get(f"/containers/{identity}/stats?stream=false&one-shot=true")
        except (ValueError, TimeoutError):
            return {}
        return stats

    def watch(self) -> None:
        """Count kills and exits for ever. That Docker is away, the scrapes say."""
        while True:
            with suppress(OSError, ValueError, KeyError, HTTPException):
                self.follow()
            time.sleep(AGAIN)

    def follow(self) -> None:
        """Count the kills and exits since the last one counted, until the connection ends."""
        filters = urllib.parse.quote(json.dumps({"type": ["container"], "event": ["oom", "die"]}))
        url = f"{API}/events?since={self.since // 10**9}.{self.since % 10**9:09d}&filters={filters}"
        with urllib.request.urlopen(url, timeout=QUIET) as answer:  # noqa: S310
            for line in answer:
                if line.strip():
                    self.count(json.loads(line))

    def count(self, event: dict[str, Any]) -> None:
        """One kill or exit."""
        attributes = event["Actor"]["Attributes"]
        labels = labels_of(attributes.get("name", ""), attributes)
        with self.counting:
            self.counts[event["Action"]][(labels["name"], labels["service"], labels["project"])] += 1
            self.since = event["timeNano"] + 1

    def settle(self, inspected: dict[str, Any]) -> None:
        """Count what a container's inspection knows of and no event told, once it has had a scrape's time to come."""
        labels = labels_of(inspected["Name"], inspected["Config"].get("Labels") or {})
        key = (labels["name"], labels["service"], labels["project"])
        restarts, killed = int(inspected.get("RestartCount", 0)), bool(inspected["State"].get("OOMKilled"))
        exits, kills = self.counts["die"], self.counts["oom"]
        with self.counting:
            before = self.seen.get(key)
            # A start by hand sets the count of restarts back.
            if before is not None and restarts >= before.restarts:
                lost = max(0, restarts - before.restarts - (exits[key] - before.exits))
                # The mark of a kill stays over later restarts: it counts when it is new, or when an exit was lost too.
                untold = killed and (lost > 0 or not before.killed) and kills[key] == before.kills
                if (lost or untold) and not before.late:
                    before.late = True
                    return
                exits[key] += lost
                kills[key] += max(1, lost) if untold else 0
            self.seen[key] = Seen(restarts, killed, exits[key], kills[key])

    def event_samples(self, known: list[Sample]) -> list[Sample]:
        """A counter per container, 0 included: a rise from nothing would be invisible to ``increase()``."""
        containers = {tuple(labels.values()) for name, labels, _ in known if name == "container_running"}
        names = {"oom": "container_oom_events_total", "die": "container_exits_total"}
        with self.counting:
            return [
                (names[kind], dict(zip(("name", "service", "project"), key, strict=True)), float(counter[key]))
                for kind, counter in self.counts.items()
                for key in sorted(containers | set(counter))
            ]


def exposition(samples: list[Sample]) -> str:
    """Prometheus text format."""
    lines: list[str] = []
    for metric, (kind, text) in METRICS.items():
        lines += [f"# HELP {metric} {text}", f"# TYPE {metric} {kind}"]
        for name, labels, value in samples:
            if name == metric:
                shown = ",".join(f"{key}={json.dumps(label)}" for key, label in labels.items())
                lines.append(f"{metric}{{{shown}}} {value:.17g}" if shown else f"{metric} {value:.17g}")
    return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    """``/metrics`` and ``/health``.

    Docker out of reach is a fact to report, not a failure of this program: so the scrape works, says
    ``container_exporter_docker_up 0`` and nothing else, and the alert names what is really broken.
    """

    exporter: Exporter

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path not in ("/metrics", "/health"):
            self.answer(404, "not found\n")
            return
        if self.path == "/health":
            self.answer(200, "ok\n")
            return
        try:
            samples = self.exporter.within(TIMEOUT)
            samples = [*samples, ("container_exporter_docker_up", {}, 1.0)]
        except (OSError, ValueError, KeyError, HTTPException) as error:
            print(f"cannot ask Docker at {API}: {error}", file=sys.stderr, flush=True)
            samples = [("container_exporter_docker_up", {}, 0.0)]
        self.answer(200, exposition(samples))

    def answer(self, status: int, body: str) -> None:
        """Send a plain text answer; to nobody where the scrape did not wait for it."""
        try:
            self.send(status, body.encode())
        except ConnectionError:
            self.close_connection = True

    def send(self, status: int, data: bytes) -> None:
        """The answer itself. Raises ConnectionError when nobody takes it."""
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """No line per scrape."""


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Handler.exporter = Exporter(time.time())
    threading.Thread(target=Handler.exporter.watch, daemon=True).start()
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
