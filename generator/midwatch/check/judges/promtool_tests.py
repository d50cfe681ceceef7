"""``promtool test rules``: whether each alert fires when it should, and only then."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from midwatch.check import tool
from midwatch.check.document import items, mapping
from midwatch.check.finding import Blocker, Finding, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.judges._prometheus import promtool
from midwatch.check.kinds import Kind
from midwatch.check.stack import File, Stack
from midwatch.check.units import go_duration
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
        outcome = program.run(view.root, ["test", "rules", *(view.root / file.path for file in tests)])
        if outcome.code != 0:  # once more, one by one: only so is it certain which file a message belongs to
            for file in _not_passed(view, tests, outcome.out):
                single = program.run(view.root, ["test", "rules", view.root / file.path])
                found += _failures(view, file, single.text) if single.code != 0 else []
            if not found:
                found.append(finding(view.shown(outcome.text)[-600:], Position(tests[0].path)))
    return decided(found, program=program.shown, version=program.version)


def _not_passed(view: View, tests: Sequence[File], out: str) -> list[File]:
    """The files that promtool does not call a success; all of them when it says nothing of any."""
    passed = {part.split("\n", 1)[0].strip() for part in out.split("Processing test file: ") if "SUCCESS" in part}
    return [file for file in tests if str(view.root / file.path) not in passed] or list(tests)


def _failures(view: View, file: File, text: str) -> Iterator[Finding]:
    text = view.shown(text)
    name, count = "", 0
    for part in re.split(r"(?m)^\s*(?=name: |alertname: |expr: )", text.partition("FAILED:")[2]):
        if match := re.match(r"name: (.+),", part):
            name = match[1]
        elif part.startswith(("alertname: ", "expr: ")):
            count += 1
            what = " ".join(part.replace("FAILED:", "").split())
            test, at = _test(file, name, part)
            alert = re.search(r'alertname(?:: |=\\?")(\w+)', part)
            yield finding(f"{test}: {what[:700]}" if test else what[:700], at, key=alert[1] if alert else "")
    if not count:
        yield finding(" ".join(text.split())[-600:], Position(file.path))


def _test(file: File, name: str, part: str) -> tuple[str, Position]:
    """Name and place of the test that failed. For an expression promtool names no test: what it asked says which."""
    asked = re.match(r'expr: ("(?:[^"\\]|\\.)*"), time: (\w+)', part)
    document = file.document
    if document is None:
        return name, Position(file.path)
    for index, test in enumerate(map(mapping, items(document.get("tests")))):
        if not asked and test.get("name") == name:
            return name, document.at("tests", index, "name")
        for number, case in enumerate(map(mapping, items(test.get("promql_expr_test")))):
            if asked and _same(case, asked[1], asked[2], silent="exp: nil" in part):
                return str(test.get("name") or ""), document.at("tests", index, "promql_expr_test", number)
    return name, Position(file.path)


def _same(case: Mapping[str, Any], expr: str, time: str, *, silent: bool) -> bool:
    seconds = (go_duration(case.get("eval_time")), go_duration(time))
    return (
        json.loads(expr) == case.get("expr")
        and seconds[0] == seconds[1]
        and silent is not bool(case.get("exp_samples"))
    )


JUDGE = Judge(
    id="promtool-tests",
    title="Each alert fires when it should",
    why="An alert that was never seen to fire is a hope. The tests feed it the series of a fault and of a normal day.",
    fix="mend the rule, or the test if it expects the wrong thing",
    blocker=Blocker.ALERTING,
    judge=_judge,
    program="promtool",
)
