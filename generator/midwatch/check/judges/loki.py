"""``loki -verify-config``: whether Loki will start with its configuration."""

from __future__ import annotations

import re

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, none_mounted, skipped
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.check.view import View, of_service


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.LOKI))
    if not uses:
        return none_mounted(stack, "Loki configuration")
    # Debian's package of that name is something else (genetics), so the program must say what it is.
    program = tool.resolve(
        "loki", image=uses[0].service.image, entrypoint="/usr/bin/loki", identity="loki, version",
        version_flag="-version", family="loki",
    )  # fmt: skip
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for use in uses:
        with of_service(stack, use.service) as view:
            path = view.path(use.target)
            expand = ["-config.expand-env=true"] if use.service.flag("config.expand-env") is not None else []
            env = {name: str(value or "") for name, value in use.service.environment.items() if name != "GOMEMLIMIT"}
            arguments = ["-verify-config", f"-config.file={path}", *expand]
            outcome = program.run(view.root, arguments, env=env, writable=True)
            if outcome.code != 0:
                found += _messages(view, outcome.text, str(path))
    return decided(found, program=program.shown, version=program.version)


def _messages(view: View, text: str, path: str) -> list[Finding]:
    at = view.position(path) or Position()
    lines = re.findall(r"\bline (\d+): ([^\\\n]+)", text)
    if lines:
        return [finding(message.strip(' "'), Position(at.file, int(number))) for number, message in lines]
    return [finding(" ".join(view.shown(text).split())[-600:], at)]


JUDGE = Judge(
    id="loki",
    title="Loki accepts its configuration",
    why="Loki's keys move between versions; an unknown one keeps it from starting, and logs pile up at the collector.",
    fix="mend Loki's configuration at that line",
    blocker=Blocker.SILENT_FAILURE,
    judge=_judge,
    program="loki",
)
