"""``promtool check config``: whether Prometheus will start with its configuration and every file that it names."""

from __future__ import annotations

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding
from midwatch.check.judge import Judge, Verdict, decided, none_mounted, skipped
from midwatch.check.judges._prometheus import messages, promtool
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.check.view import of_service


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.PROMETHEUS))
    if not uses:
        return none_mounted(stack, "Prometheus configuration")
    program = promtool(stack)
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for use in uses:
        with of_service(stack, use.service) as view:
            path = view.path(use.target)
            outcome = program.run(view.root, ["check", "config", "--lint=all", "--lint-fatal", path])
            if outcome.code != 0:
                found += messages(view, outcome, str(path))
    return decided(found, program=program.shown, version=program.version)


JUDGE = Judge(
    id="promtool-config",
    title="Prometheus accepts its configuration",
    why="A Prometheus that does not start scrapes nothing and alerts nobody; a reload that fails keeps the old rules.",
    fix="mend prometheus.yml at that line",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="promtool",
)
