"""A steady stream of logs, metrics and session writes, as apps send them, while something is done to the stack.

Every sender does what a client does: what was not acknowledged is sent again. So what was acknowledged has to be there
in the end, all of it.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.lab import otlp
from tests.lab.project import fakes_of
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import marker
from tests.stack.programs import until

EVERY = 0.05
"""Seconds between two lines of one sender."""
RECORDS = 5
"""Log records in one request."""


@dataclass
class Load:
    """What was sent; complete when the block of :func:`load` has ended."""

    stack: Stack
    word: str = field(default_factory=marker)
    """Is in every log, and in the name of the metric."""
    sent: int = 0
    """Log records that the collector acknowledged."""
    printed: int = 0
    """Lines that the app printed."""
    points: int = 0
    """Samples that the collector acknowledged."""
    sessions: list[str] = field(default_factory=list)
    """Keys that Redis acknowledged."""
    pause: float = 0.0
    """The longest time, in seconds, in which Redis acknowledged nothing."""
    retries: int = 0

    @property
    def metric(self) -> str:
        return f"lab_{self.word}"

    def lost_logs(self, seconds: float = 60.0) -> list[str]:
        """Logs that did not arrive, after waiting for them."""
        wanted = {f"{self.word} sent {n}" for n in range(self.sent)}
        wanted |= {f"{self.word} printed {n}" for n in range(self.printed)}
        end = time.monotonic() + seconds
        while lost := wanted - {str(log["body"]) for log in self.stack.logs(self.word)}:
            if time.monotonic() > end:
                break
            time.sleep(1)
        return sorted(lost)

    def stored_points(self) -> int:
        found = self.stack.query(f"count_over_time({self.metric}[1h])")
        return int(found[0]["value"][1]) if found else 0

    def lost_sessions(self) -> list[str]:
        """Acknowledged keys that are not there."""
        return lost_sessions(self.stack, self.sessions)


def lost_sessions(stack: Stack, keys: list[str]) -> list[str]:
    """Those of these keys that Redis has not."""
    missing = []
    password = (stack.folder / "secrets" / "redis_password").read_text().strip()
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        commands = [["AUTH", password], *(["EXISTS", key] for key in some)]
        (answer,) = stack.ask("studio", {"redis": "redis:6379", "commands": commands})
        missing += [key for key, reply in zip(some, answer["replies"][1:], strict=True) if reply != ":1"]
    return missing


@contextmanager
def load(stack: Stack) -> Iterator[Load]:
    """The stream flows while the block runs. What is asked for afterwards is whether anything is missing."""
    made, ended = Load(stack), threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(ended, step, made)) for step in (_send_logs, _print_logs, _send_metric)
    ]
    command = ["docker", "exec", "-i", f"{fakes_of(stack.name)}-studio-1", "python3", "/fakes/sessions.py"]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdin
    password = (stack.folder / "secrets" / "redis_password").read_text().strip()
    writer.stdin.write(f"{password} {made.word}\n")
    writer.stdin.flush()
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        printed, _ = writer.communicate(timeout=60)
        answer = json.loads(printed)
        made.sessions, made.pause = answer["acknowledged"], answer["pause"]


def flows(made: Load) -> None:
    """Wait until each kind has got through at least once."""
    until(lambda: made.sent > 20 and made.printed > 20 and made.points > 2, "the stream flows", 30)


def _repeat(ended: threading.Event, step: Callable[[Load], bool], made: Load) -> None:
    while not ended.is_set():
        if step(made):
            time.sleep(EVERY)
        else:
            made.retries += 1
            time.sleep(0.2)


def _send_logs(made: Load) -> bool:
    bodies = [f"{made.word} sent {n}" for n in range(made.sent, made.sent + RECORDS)]
    if otlp.send(made.stack.url("otlp_http"), "logs", otlp.logs(bodies)) != 200:
        return False
    made.sent += RECORDS
    return True


def _print_logs(made: Load) -> bool:
    """The app is no part of the stack, so it is always there to print."""
    lines = "\n".join(f"{made.word} printed {n}" for n in range(made.printed, made.printed + 2 * RECORDS))
    (answer,) = made.stack.ask("studio", {"url": "http://127.0.0.1:3000/say", "method": "POST", "body": lines})
    made.printed += 2 * RECORDS if answer.get("status") == 204 else 0
    return answer.get("status") == 204


def _send_metric(made: Load) -> bool:
    if otlp.send(made.stack.url("otlp_http"), "metrics", otlp.gauge(made.metric, float(made.points))) != 200:
        return False
    made.points += 1
    return True
