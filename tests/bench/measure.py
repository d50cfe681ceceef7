"""Runs a command as a whole process, several times, and keeps wall time and peak memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Figure:
    """Median, least and greatest wall time in seconds; greatest peak memory in MiB."""

    median: float
    least: float
    greatest: float
    memory: float


def run_once(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and peak MiB of one run. Raises RuntimeError with the output when it fails."""
    output = folder / ".bench-output"
    launched = [sys.executable, "-S", "-E", str(LAUNCH), str(output), *command]
    done = subprocess.run(launched, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited {done.returncode}: {output.read_text()[-500:]}")
    seconds, peak_kib = map(float, done.stdout.split())
    return seconds, peak_kib / 1024


def measure(
    *commands: Sequence[str], folder: Path, runs: int, before: Callable[[], None] = lambda: None
) -> list[Figure]:
    """A warm-up and ``runs`` counted runs of each command, in turn, so that a slow moment of the machine hits all.

    ``before`` is called ahead of each round.
    """
    results: list[list[tuple[float, float]]] = [[] for _ in commands]
    for number in range(runs + 1):
        before()
        for command, own in zip(commands, results, strict=True):
            result = run_once(command, folder)
            if number:
                own.append(result)
    return [_figure(own) for own in results]


def _figure(results: Sequence[tuple[float, float]]) -> Figure:
    times = [seconds for seconds, _ in results]
    return Figure(statistics.median(times), min(times), max(times), max(memory for _, memory in results))
