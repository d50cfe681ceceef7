"""``amtool config routes test``: whether each kind of alert reaches the receiver that it should."""

from __future__ import annotations

from pathlib import PurePosixPath

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.judges.amtool_config import amtool
from midwatch.check.kinds import Kind
from midwatch.check.stack import File, Stack, Use
from midwatch.check.view import View, of_service


def _judge(stack: Stack) -> Verdict:
    uses = list(stack.uses(Kind.ALERTMANAGER))
    cases = list(stack.of(Kind.ROUTE_TESTS))
    if not cases or not uses:
        return nothing("no route tests (alertmanager/routes.test.yaml)")
    program = amtool(uses[0].service.image)
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    for file in cases:
        use = _config_of(file, uses)
        with of_service(stack, use.service) as view:
            found += _file(program, view, use, file)
    return decided(found, program=program.shown, version=program.version)


def _config_of(file: File, uses: list[Use]) -> Use:
    """The configuration that a test file is about: the one beside it, else the first."""
    folder = PurePosixPath(file.path).parent
    return next((use for use in uses if PurePosixPath(use.file.path).parent == folder), uses[0])


def _file(program: tool.Tool, view: View, use: Use, file: File) -> list[Finding]:
    found: list[Finding] = []
    cases = file.document.data if file.document else []
    for index, case in enumerate(cases):
        at = file.document.at(index) if file.document else Position(file.path)
        labels = case["labels"]
        if not isinstance(labels, dict):
            found.append(finding("labels must be a mapping", at))
            continue
        wanted = case["receiver"]
        receivers = ",".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
        words = [f"{name}={value}" for name, value in labels.items()]
        arguments = ["config", "routes", "test", f"--config.file={view.path(use.target)}"]
        outcome = program.run(view.root, [*arguments, f"--verify.receivers={receivers}", *words])
        if outcome.code != 0:
            got = outcome.out.strip().splitlines()
            text = f"{{{', '.join(words)}}} goes to {got[0] if got else 'nobody'}, not to {receivers}"
            found.append(finding(text if "did not match" in outcome.text else view.shown(outcome.text)[-400:], at))
    return found


JUDGE = Judge(
    id="amtool-routes",
    title="Each severity reaches its receiver",
    why="A matcher with a slip of the pen sends the critical alert to the channel that nobody reads at night.",
    fix="mend the route, or the expectation in routes.test.yaml",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="amtool",
)
