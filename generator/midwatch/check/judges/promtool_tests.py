"""``promtool test rules``: whether each alert fires when it should, and only then."""

from __future__ import annotations

import re
from collections.abc import Iterator

from midwatch.check import tool
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.judges._prometheus import promtool
from midwatch.check.kinds import Kind
from midwatch.check.stack import File, Stack
from midwatch.check.view import View, of_project


def _judge(stack: Stack) -> Verdict:
    tests = list(stack.of(Kind.RULE_TESTS))
    if not tests:
        return nothing("no rule tests")
    program = promtool(stack)
    if isinstance(program, tool.Missing):
        return skipped(program.reason)
    found: list[Finding] = []
    with of_project(stack, Kind.RULES, Kind.RULE_TESTS) as view:
        paths = [view.root / file.path for file in tests]
        outcome = program.run(view.root, ["test", "rules", *paths])
        if outcome.code != 0:  # once more, one by one: only so is it certain which file a message belongs to
            for file, path in zip(tests, paths, strict=True):
                single = program.run(view.root, ["test", "rules", path])
                found += _failures(view, file, single.text) if single.code != 0 else []
            if not found:
                found.append(finding(view.shown(outcome.text)[-600:], Position(tests[0].path)))
    return decided(found, program=program.shown, version=program.version)


def _failures(view: View, file: File, text: str) -> Iterator[Finding]:
    text = view.shown(text)
    parts = re.split(r"\n\s*(?=name: .+,\n|alertname: )", text.partition("FAILED:")[2])
    failures = [part for part in parts if "alertname:" in part or "expr:" in part]
    name = ""
    for part in parts:
        if match := re.match(r"name: (.+),", part.strip()):
            name = match[1]
        if part in failures:
            alert = re.search(r"alertname: (\S+),", part)
            what = " ".join(part.split())
            prefix = f"{name}: " if name else ""
            yield finding(prefix + what[:700], _line(file, name), key=alert[1] if alert else "")
    if not failures:
        yield finding(" ".join(text.split())[-600:], Position(file.path))


def _line(file: File, name: str) -> Position:
    """Where the test of that name begins."""
    tests = file.document.get("tests") if file.document else None
    for index, test in enumerate(tests if isinstance(tests, list) else []):
        if file.document and isinstance(test, dict) and test.get("name") == name:
            return file.document.at("tests", index, "name")
    return Position(file.path)


JUDGE = Judge(
    id="promtool-tests",
    title="Each alert fires when it should",
    why="An alert that was never seen to fire is a hope. The tests feed it the series of a fault and of a normal day.",
    fix="mend the rule, or the test if it expects the wrong thing",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="promtool",
)
