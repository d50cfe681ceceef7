"""``caddy validate``: whether the gateway will start with its Caddyfile."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.check.view import View, of_service


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.CADDY))
    if not uses:
        return nothing("no service has a Caddyfile mounted")
    program = tool.resolve("caddy", image=uses[0].service.image, entrypoint="caddy", version_flag="version",
                           family="caddy")  # fmt: skip
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for use in uses:
        with of_service(stack, use.service) as view:
            home = view.root / "_home"
            home.mkdir()
            env = {name: str(value or "") for name, value in use.service.environment.items() if name != "GOMEMLIMIT"}
            env |= {"XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
            path = view.path(use.target)
            arguments: list[str | Path] = ["validate", "--adapter", "caddyfile", "--config", path]
            outcome = program.run(view.root, arguments, env=env, writable=True)
            if outcome.code != 0:
                found.append(_message(view, outcome.text, str(path)))
    return decided(found, program=program.shown, version=program.version)


def _message(view: View, text: str, path: str) -> Finding:
    at = view.position(path) or Position()
    lines = [line for line in text.splitlines() if '"level":"error"' in line or line.startswith("Error")]
    message = lines[-1] if lines else text[-500:]
    if message.startswith("{"):
        with suppress(ValueError):
            message = str(json.loads(message).get("msg"))
    place = re.search(rf"{re.escape(path)}:(\d+)", message)
    return finding(view.shown(message)[:600], Position(at.file, int(place[1])) if place else at)


JUDGE = Judge(
    id="caddy",
    title="The gateway accepts its Caddyfile",
    why="Without the gateway nobody reaches the stack's pages, and a brace too many opens what was closed.",
    fix="mend the Caddyfile at that line",
    blocker=Blocker.HARDENING,
    judge=_judge,
    program="caddy",
)
