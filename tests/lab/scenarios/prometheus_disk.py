"""Prometheus' volume fills: a file system of exactly the planned size, and a write-ahead log that grows in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from midwatch.plan.model import Plan
from tests.lab.cache import run
from tests.lab.scenarios import Scenario
from tests.lab.stack import Stack

VOLUME = "prometheus-data"
FILL = 0.96
SMALL_HOST = {"host": {"cpus": 4, "memory": "8GiB", "disk": "16GiB"}}
"""For the spec: so that the plan gives Prometheus a volume that is filled in seconds."""


@contextmanager
def limited_volume(folder: Path, plan: Plan) -> Iterator[dict[str, Any]]:
    """A file system of the planned size for Prometheus' volume; gives what Compose is to be told of it. Needs root."""
    image = folder / "prometheus.ext4"
    # A sparse file: what is allocated in it and never written takes no room on this machine's disk.
    run(["truncate", "--size", str(_size(plan)), image], what="making a file system")
    run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "root_owner=65534:65534", image], what="making a file system")
    device = run(["losetup", "--find", "--show", image], what="making a device of it").strip()
    options = {"driver": "local", "driver_opts": {"type": "ext4", "device": device}}
    try:
        yield {"volumes": {VOLUME: options}}
    finally:
        # Detached by the kernel when the volume is unmounted, which is later than this.
        run(["losetup", "--detach", device], what="removing the device")


@contextmanager
def full(stack: Stack) -> Iterator[None]:
    """The file is in the folder of the write-ahead log, where retention cannot delete it, as with a real one."""
    planned = _size(stack.plan)
    stack.compose("exec", "-T", "prometheus", "dd", "if=/dev/zero", "of=/prometheus/wal/grown", "bs=1M", "count=0",
                  "seek=1")  # fmt: skip
    inside = _mountpoint(stack) / "wal" / "grown"
    run(["fallocate", "--length", str(int(planned * FILL)), inside], what="filling the volume")
    try:
        yield
    finally:
        inside.unlink()
        time.sleep(1)


def _size(plan: Plan) -> int:
    return next(volume.size for volume in plan.service("prometheus").volumes if volume.name == VOLUME)


def _mountpoint(stack: Stack) -> Path:
    asked = ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", f"{stack.name}_{VOLUME}"]
    return Path(run(asked, what="asking where the volume is").strip())


SCENARIO = Scenario(
    "Prometheus disk above 95 %",
    "Prometheus' volume is a file system of exactly the size that the plan gives it; a file in the folder of its "
    "write-ahead log, which no retention deletes, fills it to 96 %.",
    "critical", "Prometheus disk above 95", 150, full,
)  # fmt: skip
