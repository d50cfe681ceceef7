"""How long until every container is healthy."""

from __future__ import annotations

from tests.lab.engine import Engine
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import WAIT_SECONDS, running


def record(engine: Engine) -> tuple[Data, Images]:
    with running(engine, "sva-studio") as stack:
        services = {name: round(stack.healthy_seconds.get(name, 0.0), 1) for name in stack.lasting}
        data = {"goal": WAIT_SECONDS, "all": round(stack.all_healthy_seconds, 1), "problem": stack.problem}
        return {**data, "services": services}, stack.images


def show(data: Data) -> list[str]:
    services = sorted(data["services"].items(), key=lambda one: -one[1])
    return [
        f"`docker compose up --detach --wait` on empty volumes: all {len(services)} lasting services healthy after "
        f"**{data['all']:.1f} s** (goal: {data['goal']} s).", "",
        *table(["service", "healthy after"], [[name, f"{seconds:.1f} s"] for name, seconds in services]),
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    found = [data["problem"]] if data["problem"] else []
    found += [f"{name} was never healthy" for name, seconds in data["services"].items() if not seconds]
    return found + ([f"took {data['all']} s"] if data["all"] >= data["goal"] else [])


SECTION = Section("start", 10, "Everything healthy", record, show, problems)
