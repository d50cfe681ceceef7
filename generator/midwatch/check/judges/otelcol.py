"""``otelcol validate``: whether the collector will start with its configuration."""

from __future__ import annotations

import re

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, none_mounted, skipped
from midwatch.check.kinds import Kind
from midwatch.check.service import Service
from midwatch.check.stack import File, Stack, Use
from midwatch.check.view import View, of_service


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.COLLECTOR))
    if not uses:
        return none_mounted(stack, "collector configuration")
    entrypoint = "/otelcol-contrib" if "contrib" in uses[0].service.repository else "/otelcol"
    names = ("otelcol-contrib",) if "contrib" in entrypoint else ("otelcol", "otelcol-contrib")
    program = tool.resolve(*names, image=uses[0].service.image, entrypoint=entrypoint, identity="version")
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for service in {use.service.name: use.service for use in uses}.values():
        mine = [use for use in uses if use.service is service]
        with of_service(stack, service) as view:
            configs = [f"--config=file:{view.path(use.target)}" for use in _in_order(service, mine)]
            env = {name: str(value or "") for name, value in service.environment.items() if name != "GOMEMLIMIT"}
            outcome = program.run(view.root, ["validate", *configs], env=env)
            if outcome.code != 0:
                found += [_message(view, line, mine[0].file) for line in _lines(outcome.err or outcome.out)]
    return decided(found, program=program.shown, version=program.version)


def _in_order(service: Service, uses: list[Use]) -> list[Use]:
    """The configurations in the order of the command line: a later one overrides."""
    words = " ".join(service.words)
    named = [use for use in uses if use.target in words]
    return sorted(named or uses, key=lambda use: words.find(use.target))


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("20", "{"))]
    detailed = [line for line in lines if line.startswith(("*", "'")) or "::" in line]
    return detailed or [" ".join(lines)[:800]]


def _message(view: View, text: str, file: File) -> Finding:
    key = re.search(r"(?:^|['\s])((?:[\w/]+::)+[\w/]+)", text)
    name = re.search(r'(?:id|type): "([\w/]+)"|\b"([\w]+/[\w]+)"', text)
    unknown = re.search(r"has invalid keys: ([\w.]+)", text)
    at = Position(file.path)
    if unknown and file.document:
        at = file.document.find(unknown[1].rpartition(".")[2]) or at
    elif key and file.document:
        at = file.document.at(*(int(part) if part.isdigit() else part for part in key[1].split("::")))
    elif name and file.document:
        wanted = name[1] or name[2]
        at = file.document.find(wanted) or at
    return finding(view.shown(text.lstrip("* ")), at)


JUDGE = Judge(
    id="otelcol",
    title="The collector accepts its configuration",
    why="The collector does not start at all with an unknown key or component, and logs, metrics and traces stop.",
    fix="mend the collector's configuration at that key",
    blocker=Blocker.SILENT_FAILURE,
    judge=_judge,
    program="otelcol-contrib",
)
