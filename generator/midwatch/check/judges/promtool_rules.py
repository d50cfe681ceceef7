"""``promtool check rules``: whether every rule can be parsed."""

from __future__ import annotations

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding
from midwatch.check.judge import Judge, Verdict, decided, nothing, skipped
from midwatch.check.judges._prometheus import messages, promtool
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.check.view import of_project


def _judge(stack: Stack) -> Verdict:
    # Loki's rules look the same but are LogQL: only what Prometheus reads, and what nothing else has mounted.
    loki = {use.file.path for use in stack.uses(Kind.RULES) if _reads_logs(stack, use.service.name)}
    rules = [file.path for file in stack.of(Kind.RULES) if file.path not in loki]
    if not rules:
        return nothing("no rule files")
    program = promtool(stack)
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    with of_project(stack, Kind.RULES) as view:
        paths = [view.root / path for path in rules]
        outcome = program.run(view.root, ["check", "rules", "--lint=all", "--lint-fatal", *paths])
        found: list[Finding] = list(messages(view, outcome, str(paths[0]))) if outcome.code != 0 else []
    return decided(found, program=program.shown, version=program.version)


def _reads_logs(stack: Stack, service: str) -> bool:
    return any(use.service.name == service for use in stack.uses(Kind.LOKI))


JUDGE = Judge(
    id="promtool-rules",
    title="Every rule can be parsed",
    why="One broken expression makes Prometheus refuse the whole file, and with it every other alert in it.",
    fix="mend the rule at that line",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="promtool",
)
