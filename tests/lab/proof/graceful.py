"""Stops and restarts under load, and a Loki that is away for as long as the queue is sized for."""

from __future__ import annotations

import time

from tests.lab import docker
from tests.lab.engine import Engine
from tests.lab.faults import until_healthy
from tests.lab.load import Load, flows, load
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import WAIT_SECONDS, Stack, running
from tests.lab.test_graceful_queue import QUEUE, fill, missing, shrink
from tests.lab.test_graceful_stop import ended
from tests.lab.test_stack_2_data import marker


def record(engine: Engine) -> tuple[Data, Images]:
    with running(engine, "sva-studio") as stack:
        grace = {name: stack.plan.service(name).grace for name in stack.lasting}
        return {
            "grace": grace,
            "rolling": _rolling(stack),
            "stop": _at_once(stack, "stop"),
            "down": _at_once(stack, "down"),
            "queue": _queue(stack),
        }, stack.images


def _sums(made: Load) -> Data:
    return {
        "logs": made.sent + made.printed,
        "lost_logs": len(made.lost_logs()),
        "sessions": len(made.sessions),
        "lost_sessions": len(made.lost_sessions()),
        "points": made.points,
        "redis_away": round(made.pause, 2),
    }


def _seconds(took: dict[str, tuple[float, float]]) -> dict[str, float]:
    return {name: round(end - start, 2) for name, (start, end) in took.items()}


def _rolling(stack: Stack) -> Data:
    with docker.watched(stack.name, "kill", "die") as events, load(stack) as made:
        flows(made)
        for name in stack.lasting:
            stack.compose("restart", name)
            until_healthy(stack, name)
    return {"took": _seconds(ended(events)), **_sums(made)}


def _at_once(stack: Stack, word: str) -> Data:
    with load(stack) as made:
        flows(made)
        with docker.watched(stack.name, "kill", "die") as events:
            stack.compose(word)
        stack.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
        time.sleep(5)
    return {"took": _seconds(ended(events)), **_sums(made)}


def _queue(stack: Stack) -> Data:
    planned = stack.plan.service("otel-collector").facts["logs_queue"]
    shrink(stack.folder / "otel-collector" / "config.yaml", planned)
    stack.compose("restart", "otel-collector")
    until_healthy(stack, "otel-collector")
    word = marker()
    stack.compose("stop", "loki")
    sent = fill(stack, word)
    stack.compose("restart", "otel-collector")
    until_healthy(stack, "otel-collector")
    began = time.monotonic()
    stack.compose("start", "loki")
    lost = missing(stack, word, sent, 90)
    return {
        "planned": planned,
        "queue": QUEUE,
        "sent": sent,
        "lost": len(lost),
        "seconds": round(time.monotonic() - began, 1),
    }


def show(data: Data) -> list[str]:
    rows = [
        [
            name,
            *(f"{data[how]['took'][name]:.1f} s" for how in ("rolling", "stop", "down")),
            f"{grace} s",
        ]
        for name, grace in sorted(data["grace"].items(), key=lambda one: -data["stop"]["took"][one[0]])
    ]
    sums = [
        [
            how,
            f"{one['logs']}, **{one['lost_logs']}**",
            f"{one['sessions']}, **{one['lost_sessions']}**",
            f"{one['redis_away']:.1f} s",
        ]
        for how, one in (
            ("restart, one by one", data["rolling"]),
            ("stop, up", data["stop"]),
            ("down, up", data["down"]),
        )
    ]
    queue = data["queue"]
    return [
        "Under a steady stream of logs (by OTLP and from a container's output), metrics and session writes. Senders "
        "repeat what was not acknowledged, as clients do. Goal: nothing acknowledged is lost, nothing is killed, and "
        "each has three times what it took.", "",
        *table(["told to stop", "one by one", "`stop`", "`down`", "may take"], rows),
        "",
        *table(["what was done", "logs, lost", "sessions, lost", "Redis away"], sums),
        "",
        f"Loki away until the queue is full, scaled down: {queue['sent']} logs in {queue['queue'] // 1024**2} MiB (the "
        f"plan's {queue['planned'] // 1024**2} MiB are an hour at {queue['planned'] / 3600 / 1024:.0f} KiB a second), "
        f"the collector restarted meanwhile. **{queue['lost']}** lost; all were there {queue['seconds']:.1f} s after "
        "Loki's start.",
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    found = [f"{data['queue']['lost']} logs of the queue were lost"] if data["queue"]["lost"] else []
    for how in ("rolling", "stop", "down"):
        one = data[how]
        found += [f"{how}: {one[kind]} {kind}" for kind in ("lost_logs", "lost_sessions") if one[kind]]
        found += [
            f"{how}: {name} took {spent} s" for name, spent in one["took"].items() if 3 * spent > data["grace"][name]
        ]
        found += [f"{how}: {name} did not stop" for name in data["grace"] if name not in one["took"]]
    return found


SECTION = Section("graceful", 70, "Stopping loses nothing", record, show, problems)
