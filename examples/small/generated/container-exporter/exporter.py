"""Asks Docker of all containers at each scrape."""

from __future__ import annotations

import threading
import time
import urllib.error
from concurrent.futures import Future, ThreadPoolExecutor

from docker_api import Docker
from events import Events
from samples import Sample, state_samples, usage_samples

TRUE_FOR = 60.0  # seconds; below what the alerts on a container's state wait for
# Docker answers for a container's use at its own next tick, up to a second later, one-shot or not (seen with 20.10): so
# many are asked at once. 160 containers take 4 s; the thread that waits costs nearly nothing. Fits the limit of pids.
AT_ONCE = 40


class Exporter:
    """One collection at a time, whoever asks."""

    def __init__(self, docker: Docker, events: Events) -> None:
        self.docker = docker
        self.events = events
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
        ids = self.docker.containers()
        self.listed = True
        samples = [sample for part in self.pool.map(self.one, ids) for sample in part]
        samples += self.events.samples(samples)
        ended = time.monotonic()
        samples.append(("container_exporter_scrape_seconds", {}, ended - started))
        self.last = (ended, samples)
        return samples

    def one(self, identity: str) -> list[Sample]:
        """Samples of one container; empty when it went away between two requests."""
        try:
            inspected = self.docker.inspect(identity)
            self.events.settle(inspected)
            samples = state_samples(inspected)
            if samples[0][2]:
                samples += usage_samples(samples[0][1], self.docker.stats(identity))
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return []
            raise
        return samples
