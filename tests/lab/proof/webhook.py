"""A webhook's secret that is missing, empty or wrong is told before it is needed."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.lab.cache import LabError, say
from tests.lab.engine import Engine
from tests.lab.faults import until_calm
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import running
from tests.lab.webhook import CASES, TOLD_WITHIN, tell


def record(engine: Engine) -> tuple[Data, Images]:
    with running(engine, "sva-studio") as stack:
        until_calm(stack)
        cases = []
        for case in CASES:
            try:
                cases.append(asdict(tell(stack, case)))
            except (pytest.fail.Exception, AssertionError, LabError) as error:
                cases.append({"case": case.name, "error": str(error)})
            say(f"webhook {case.name}: {cases[-1].get('error', 'told')}")
        return {"goal": TOLD_WITHIN, "cases": cases}, stack.images


def show(data: Data) -> list[str]:
    rows, said = [], []
    for one in data["cases"]:
        if "error" in one:
            rows.append([one["case"], "**not told**", one["error"].splitlines()[0], "", ""])
            continue
        rows.append(
            [one["case"], one["how"], f"{one['seconds']:.1f} s", str(one["status_code"]), str(one["check_code"])]
        )
        said += [f"{one['case']}:", f"  dead-man's log   {one['deadman']}"]
        said += [f"  ./ops status     {line}" for line in one["status"]]
        said += [f"  midwatch check   {line}" for line in one["check"]]
    return [
        f"Broken while the stack runs. Goal: the dead-man's log says it within {data['goal']:.0f} s; `./ops status` "
        "and `midwatch check` end with 1 and name the file.", "",
        *table(["the secret is", "what was done", "in the dead-man's log after", "ops status ends with",
                "check ends with"], rows),
        "", "What they say:", "", "```text", *said, "```", "",
        "For *wrong* `check` was given the address of a stand-in on loopback that answers the same, since the name of "
        "the lab's Slack is known in the stack's network only.",
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    found = []
    for one in data["cases"]:
        if "error" in one:
            found.append(f"{one['case']}: {one['error'].splitlines()[0]}")
        elif not (one["status"] and one["status_code"] == 1 and one["check"] and one["check_code"] == 1):
            found.append(f"{one['case']}: not told by everybody")
        elif one["seconds"] > data["goal"]:
            found.append(f"{one['case']}: the dead-man took {one['seconds']} s")
    return found


SECTION = Section("webhook", 60, "A webhook that is missing, empty or wrong", record, show, problems)
