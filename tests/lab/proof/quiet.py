"""Ten minutes in which nothing happens: no message."""

from __future__ import annotations

from tests.lab.engine import Engine
from tests.lab.faults import until_calm
from tests.lab.heard import heard
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.quiet import alerts_within, ends, memory
from tests.lab.stack import running

SECONDS = 600.0


def record(engine: Engine) -> tuple[Data, Images]:
    with running(engine, "sva-studio") as stack:
        until_calm(stack)
        alerts = alerts_within(stack, SECONDS)
        messages = [one.headline for one in heard(stack)]
        data = {"seconds": SECONDS, "alerts": alerts, "messages": messages, "ended": ends(stack)}
        return {**data, "memory": memory(stack)}, stack.images


def show(data: Data) -> list[str]:
    messages, alerts, ended = ("; ".join(data[what]) or "none" for what in ("messages", "alerts", "ended"))
    return [
        f"{data['seconds'] / 60:.0f} minutes; messages are counted from the start of the stack on. Messages: "
        f"**{messages}**; alerts but the Watchdog: **{alerts}**; containers that ended, were restarted or killed: "
        f"**{ended}** (goal: none of each).",
        "", *table(["service", "memory at the end / its limit"], [list(one) for one in sorted(data["memory"].items())]),
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    return [f"{what}: {one}" for what in ("alerts", "messages", "ended") for one in data[what]]


SECTION = Section("quiet", 40, "Ten quiet minutes", record, show, problems)
