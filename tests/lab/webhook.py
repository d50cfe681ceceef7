"""A webhook's secret that is missing, empty or wrong: who says so, and how soon."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from midwatch.sink.server import Sink
from tests.conftest import ROOT
from tests.lab.faults import until_healthy
from tests.lab.stack import Stack
from tests.stack.programs import until

TOLD_WITHIN = 30.0
"""Seconds until the dead-man's log has it: it looks every 5 s, and an answer may take 4 s."""
GONE = "/status/404/lab"
CHECKS = ("secret-files", "webhook-secret", "webhook")


@dataclass(frozen=True)
class Told:
    """What was said of one broken secret. ``seconds``: from the moment it was broken to the dead-man's line."""

    case: str
    how: str
    deadman: str
    seconds: float
    status: list[str]
    status_code: int
    check: list[str]
    check_code: int


@dataclass(frozen=True)
class Case:
    """A way to break it. The two give the file what the containers see, and what `midwatch check` is to ask."""

    name: str
    how: str
    line: str
    """How the dead-man's line begins."""
    breaks: Callable[[Path], None]
    for_check: Callable[[Path, str], None] | None = None


def _write(file: Path, text: str) -> None:
    """In place, as an editor or `>` does: another file would be another mount."""
    file.chmod(0o644)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o444)


CASES = (
    Case("missing", "the file is deleted on the host", "secret_gone", Path.unlink),
    Case("empty", "the file is emptied", "secret_empty", lambda file: _write(file, "")),
    Case(
        "wrong", "the webhook answers 404, as Slack's does when it was revoked", "http_404",
        lambda file: _write(file, f"http://slack.lab:8080{GONE}\n"),
        # The name above is one of the stack's network; on the host a stand-in on loopback answers the same.
        lambda file, near: _write(file, f"{near}{GONE}\n"),
    ),
)  # fmt: skip


def tell(stack: Stack, case: Case) -> Told:
    """Break it, ask everybody, mend it."""
    file = stack.folder / "secrets" / "slack_webhook_url"
    right = file.read_text(encoding="utf-8")
    began = time.time()
    case.breaks(file)
    try:
        until(lambda: case.line in _log(stack, began), f"the dead-man's log says {case.line}", TOLD_WITHIN)
        at, said = _line(stack, case.line, began)
        code, status = _said(["./ops", "status"], stack.folder)
        with _near() as near:
            if case.for_check:
                case.for_check(file, near)
            checked, findings = _check(stack.folder)
    finally:
        _mend(stack, file, right)
    lines = [line for line in status if "webhook" in line]
    return Told(case.name, case.how, said, round(at - began, 1), lines, code, findings, checked)


def _mend(stack: Stack, file: Path, right: str) -> None:
    """The same inode where there is one; the containers see a new file only after a restart."""
    new = not file.exists()
    if new:
        file.touch()
    _write(file, right)
    if new:
        for name in ("alertmanager", "deadman"):
            stack.compose("restart", name)
            until_healthy(stack, name)
    until(lambda: "deadman_webhook_ok 1" in _metrics(stack), "the dead-man finds the webhook usable again", 90)


def _metrics(stack: Stack) -> str:
    (answer,) = stack.ask("deadman", {"url": "http://127.0.0.1:8080/metrics"})
    return str(answer.get("text", ""))


def _log(stack: Stack, since: float) -> str:
    return stack.compose("logs", "--no-log-prefix", "--timestamps", "--since", f"{since:.3f}", "deadman")


def _line(stack: Stack, words: str, since: float) -> tuple[float, str]:
    """When the engine got the line, Unix time; and the line."""
    (line,) = [one for one in _log(stack, since).splitlines() if words in one]
    stamp, _, said = line.partition(" ")
    day, fraction = re.sub(r"Z$", "", stamp).split(".")
    whole = time.strptime(day, "%Y-%m-%dT%H:%M:%S")
    return time.mktime(whole) - time.timezone + float(f"0.{fraction}"), said.partition(" ")[2]


def _said(command: list[str], folder: Path) -> tuple[int, list[str]]:
    path = os.pathsep.join(filter(None, (str(ROOT / "generator"), os.environ.get("PYTHONPATH"))))
    environment = {name: value for name, value in os.environ.items() if name != "MIDWATCH_OFFLINE"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=180, env={**environment, "PYTHONPATH": path}
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def _check(folder: Path) -> tuple[int, list[str]]:
    """Exit code and findings of `midwatch check`, of what looks at secrets alone."""
    only = [word for name in CHECKS for word in ("--only", name)]
    code, lines = _said([sys.executable, "-m", "midwatch", "-C", ".", "check", *only], folder)
    return code, [line.strip() for line in lines if "slack_webhook_url" in line and " error: " in f" {line}"]


@contextmanager
def _near() -> Iterator[str]:
    """The address of a stand-in for Slack on loopback."""
    with Sink("127.0.0.1", 0, lambda _: None) as sink:
        thread = threading.Thread(target=sink.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{sink.server_address[1]}"
        sink.shutdown()
