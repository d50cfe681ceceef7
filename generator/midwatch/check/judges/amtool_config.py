"""``amtool check-config``: whether Alertmanager will start with its configuration and templates."""

from __future__ import annotations

import re

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, none_mounted, skipped
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.check.view import View, of_service


def amtool(image: str) -> tool.Tool | tool.Missing:
    """amtool, of the Alertmanager that the stack runs."""
    return tool.resolve("amtool", image=image, entrypoint="amtool", identity="amtool")


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.ALERTMANAGER))
    if not uses:
        return none_mounted(stack, "Alertmanager configuration")
    program = amtool(uses[0].service.image)
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for use in uses:
        with of_service(stack, use.service) as view:
            path = view.path(use.target)
            outcome = program.run(view.root, ["check-config", path])
            if outcome.code != 0:
                found += _messages(view, outcome.text, str(path))
    return decided(found, program=program.shown, version=program.version)


def _messages(view: View, text: str, path: str) -> list[Finding]:
    at = view.position(path) or Position()
    lines = re.findall(r"^\s*line (\d+): (.+)$", text, re.M)
    if lines:
        return [finding(message, Position(at.file, int(number))) for number, message in lines]
    cause = re.search(r"FAILED: (.+?)(?:amtool: error|\Z)", text, re.S)
    return [finding(" ".join(view.shown(cause[1] if cause else text).split())[:700], at)]


JUDGE = Judge(
    id="amtool-config",
    title="Alertmanager accepts its configuration",
    why="An Alertmanager that does not start sends nothing, and no alert can say so.",
    fix="mend the Alertmanager configuration at that line",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="amtool",
)
