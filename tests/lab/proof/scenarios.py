"""The four messages of the review, each in its scenario."""

from __future__ import annotations

import time

import pytest

from tests.lab.cache import LabError, say
from tests.lab.engine import Engine
from tests.lab.faults import RESOLVED_WITHIN, until_calm
from tests.lab.heard import heard, wait_for
from tests.lab.proof.section import Data, Images, Section
from tests.lab.scenarios import Scenario, collector_memory, metrics, prometheus_disk, redis
from tests.lab.stack import Stack, running


def record(engine: Engine) -> tuple[Data, Images]:
    """The disk's has a stack of its own, with a volume that is really limited."""
    found = []
    with running(engine, "sva-studio", prometheus_disk.SMALL_HOST, prometheus_disk.limited_volume) as stack:
        found.append(_play(stack, prometheus_disk.SCENARIO))
    with running(engine, "sva-studio") as stack:
        found += [_play(stack, one.SCENARIO) for one in (collector_memory, redis, metrics)]
        return {"scenarios": found}, stack.images


def _play(stack: Stack, scenario: Scenario) -> Data:
    kept: Data = {"name": scenario.name, "how": scenario.how, "severity": scenario.severity, "within": scenario.within}
    until_calm(stack)
    began = time.time()
    try:
        kept |= _message(stack, scenario, began)
    except (pytest.fail.Exception, AssertionError, LabError) as error:
        kept["error"] = str(error)
    kept["others"] = [one.headline for one in heard(stack, began) if scenario.words not in one.headline]
    say(f"{scenario.name}: {kept.get('seconds')} s, {kept.get('error', 'as promised')}")
    return kept


def _message(stack: Stack, scenario: Scenario, began: float) -> Data:
    with scenario.cause(stack):
        caused = time.time()
        message = wait_for(stack, began, scenario.within, scenario.told_by, scenario.name)
        mended = time.time()
    over = wait_for(
        stack, mended, RESOLVED_WITHIN * 2, lambda one: one.over and scenario.words in one.headline, "the end"
    )
    return {"seconds": round(message.at - caused, 1), "resolved": round(over.at - mended, 1), "text": message.text}


def show(data: Data) -> list[str]:
    lines = [
        "Each is really brought about, and its message is shown as a person reads it. Seconds count from the moment at "
        "which the condition was there; the alert's own patience is in them.", "",
    ]  # fmt: skip
    for one in data["scenarios"]:
        lines += [f"### {one['name']} ({one['severity']})", "", one["how"], ""]
        lines += [f"**Not as promised:** {one['error']}", ""] if "error" in one else _as_read(one)
        if one["others"]:
            lines += ["Other messages meanwhile:", "", *(f"- {headline}" for headline in one["others"]), ""]
    return lines[:-1]


def _as_read(one: Data) -> list[str]:
    said = f"Message after **{one['seconds']:.0f} s**, all-clear {one['resolved']:.0f} s after it began to be mended."
    return [said, "", "```text", one["text"], "```", ""]


def problems(data: Data) -> list[str]:
    return [f"{one['name']}: {one['error'].splitlines()[0]}" for one in data["scenarios"] if "error" in one]


SECTION = Section("scenarios", 50, "The four messages", record, show, problems)
