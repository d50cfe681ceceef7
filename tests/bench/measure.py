"""Runs a command as a whole process, several times, and keeps wall time and peak memory."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """Median, least and greatest wall time in seconds; greatest peak memory in MiB."""

    median: float
    least: float
    greatest: float
    memory: float


def run_once(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and peak MiB of one run. Raises RuntimeError with the output when it fails."""
    with (folder / ".bench-output").open("w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} exited {process.returncode}: {output.read().decode()[-500:]}")
    return seconds, peak_mib(usage)


def peak_mib(usage: resource.struct_rusage) -> float:
    """Linux gives KiB."""
    return usage.ru_maxrss / 1024


def measure(command: Sequence[str], folder: Path, runs: int, before: Callable[[], None] = lambda: None) -> Figure:
    """A warm-up and ``runs`` counted runs, with ``before`` called ahead of each."""
    results = []
    for number in range(runs + 1):
        before()
        result = run_once(command, folder)
        if number:
            results.append(result)
    times = [seconds for seconds, _ in results]
    return Figure(statistics.median(times), min(times), max(times), max(memory for _, memory in results))
