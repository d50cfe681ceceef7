"""Every lasting container is restarted in turn: nobody is called."""

from __future__ import annotations

import time

from tests.lab.engine import Engine
from tests.lab.faults import until_calm
from tests.lab.heard import heard
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.restarts import LISTEN, restart
from tests.lab.stack import running


def record(engine: Engine) -> tuple[Data, Images]:
    return record_missing(engine, {"away": {}, "messages": []})


def record_missing(engine: Engine, old: Data) -> tuple[Data, Images]:
    with running(engine, "sva-studio") as stack:
        until_calm(stack)
        began = time.time()
        away = old["away"] | restart(stack, [name for name in stack.lasting if name not in old["away"]])
        time.sleep(LISTEN)
        messages = [*old["messages"], *(one.headline for one in heard(stack, began))]
        return {"away": away, "listened": LISTEN, "messages": messages}, stack.images


def show(data: Data) -> list[str]:
    rows = [[name, f"{seconds:.1f} s"] for name, seconds in sorted(data["away"].items(), key=lambda one: -one[1])]
    said = "; ".join(data["messages"]) or "none"
    return [
        "`docker compose restart SERVICE`, one after the other, each when the one before was healthy again; then "
        f"{data['listened']:.0f} s of listening. Messages: **{said}** (goal: none).", "",
        *table(["restarted", "until it was healthy again"], rows),
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    return [f"a message: {one}" for one in data["messages"]]


SECTION = Section("restarts", 30, "A restart calls nobody", record, show, problems, record_missing)
