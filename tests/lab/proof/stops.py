"""Every lasting container is stopped in turn: seconds until a message names it, and until the all-clear."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median

import pytest

from tests.lab.cache import LabError, say
from tests.lab.engine import Engine
from tests.lab.faults import PAGED_WITHIN, stop, until_calm, until_healthy
from tests.lab.project import PREFIX
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import Stack, running

RUNS = 3
GOAL_MEDIAN = 30.0


def record(engine: Engine) -> tuple[Data, Images]:
    return _record(engine, [{}] * RUNS)


def record_missing(engine: Engine, old: Data) -> tuple[Data, Images]:
    return _record(engine, old["runs"])


def _record(engine: Engine, known: list[Data]) -> tuple[Data, Images]:
    """Three stacks side by side, each with its own order, so that no service always follows the same one."""
    with ExitStack() as stacks:
        started = [stacks.enter_context(running(engine, "sva-studio")) for _ in range(RUNS)]
        names = [name for name in started[0].lasting if any("paged" not in run.get(name, {}) for run in known)]
        with ThreadPoolExecutor(RUNS) as pool:
            turns = [names[i * len(names) // RUNS :] + names[: i * len(names) // RUNS] for i in range(RUNS)]
            runs = [before | found for before, found in zip(known, pool.map(_run, started, turns), strict=True)]
        return {"goal": PAGED_WITHIN, "goal_median": GOAL_MEDIAN, "runs": runs}, started[0].images


def _run(stack: Stack, names: list[str]) -> dict[str, Data]:
    until_calm(stack)
    found: dict[str, Data] = {}
    for name in names:
        try:
            found[name] = asdict(stop(stack, name))
            say(f"{stack.name}: {name} stopped: {found[name]['paged']:.1f} s, {found[name]['resolved']:.1f} s")
        except (pytest.fail.Exception, LabError) as error:
            found[name] = {"service": name, "error": str(error)}
            say(f"{stack.name}: {name} stopped: {error}")
            stack.compose("start", name)
            until_healthy(stack, name)
            until_calm(stack)
    return found


def show(data: Data) -> list[str]:
    runs, rows = data["runs"], []
    for name in sorted(runs[0]):
        each = [run[name] for run in runs]
        rows.append([
            name, _middle(each, "paged"), " / ".join(_seconds(one, "paged") for one in each), _middle(each, "resolved"),
            _headline(each), str(max(len(one.get("others", [])) for one in each)),
        ])  # fmt: skip
    paged, resolved = (
        [one[key] for run in runs for one in run.values() if key in one] for key in ("paged", "resolved")
    )
    rows.append(["**all**", f"**{median(paged):.1f} s**", f"{min(paged):.1f} to {max(paged):.1f} s",
                 f"**{median(resolved):.1f} s**", "", ""])  # fmt: skip
    return [
        f"`docker compose stop SERVICE`, one at a time, and when its message is there `docker compose start SERVICE`. "
        f"Goal: each named in a message within {data['goal']:.0f} s of the command, {data['goal_median']:.0f} s or "
        f"less in the median. {len(runs)} runs in {len(runs)} stacks side by side, each in another order. Prometheus "
        "and Alertmanager are told by the dead-man sidecar, since no alert leaves the stack without them.", "",
        *table(["stopped", "message", "the runs", "all-clear after the start", "headline", "other messages"], rows),
        "", "Medians of the runs. *Other messages*: those that came besides, all-clears included, in the worst run.",
    ]  # fmt: skip


def _seconds(one: Data, key: str) -> str:
    return f"{one[key]:.1f}" if key in one else "none"


def _headline(each: list[Data]) -> str:
    """As it is in the example's stack, whose name the lab's has not."""
    return re.sub(rf"{PREFIX}[0-9a-f]+", "sva", next((one["headline"] for one in each if "headline" in one), ""))


def _middle(each: list[Data], key: str) -> str:
    values = [one[key] for one in each if key in one]
    return f"{median(values):.1f} s" if values else "none"


def problems(data: Data) -> list[str]:
    each = [one for run in data["runs"] for one in run.values()]
    found = [f"{one['service']}: {one['error'].splitlines()[0]}" for one in each if "error" in one]
    paged = [one["paged"] for one in each if "paged" in one]
    found += [f"{one['service']} took {one['paged']:.1f} s" for one in each if one.get("paged", 0) >= data["goal"]]
    return found + ([f"median {median(paged):.1f} s"] if median(paged) > data["goal_median"] else [])


SECTION = Section("stops", 20, "Any one container stops: a message names it", record, show, problems, record_missing)
