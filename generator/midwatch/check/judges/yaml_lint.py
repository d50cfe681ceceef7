"""yamllint, run as a program: it is under the GPL and must not be imported."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec

from midwatch.check import programs
from midwatch.check.finding import Blocker, Position
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.kinds import YAML_SUFFIXES
from midwatch.check.stack import Stack

CONFIG = {
    "yaml-files": ["*"],
    "rules": {
        "anchors": {"forbid-undeclared-aliases": True, "forbid-duplicated-anchors": True},
        "brackets": {"level": "warning"},
        "colons": {"level": "warning"},
        "commas": {"level": "warning"},
        "indentation": {"spaces": "consistent", "indent-sequences": "whatever", "level": "warning"},
        "key-duplicates": "enable",
        "new-line-at-end-of-file": {"level": "warning"},
        "new-lines": {"type": "unix", "level": "warning"},
        "octal-values": {"forbid-implicit-octal": True, "level": "warning"},
        "trailing-spaces": {"level": "warning"},
    },
}
"""Errors are what changes the meaning; how a file looks is a warning (its lines may be long: expressions are)."""
_LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): \[(?P<level>\w+)\] (?P<message>.+)$")


def _judge(stack: Stack) -> Verdict:
    files = [path for path in stack.files if path.endswith(YAML_SUFFIXES)]
    if not files:
        return nothing("no YAML files")
    if find_spec("yamllint"):
        argv: tuple[str, ...] = (sys.executable, "-m", "yamllint")
    elif program := programs.find("yamllint"):
        argv = (str(program),)
    else:
        return skipped("yamllint is not installed")
    options = ["--format", "parsable", "--config-data", json.dumps(CONFIG)]
    outcome = programs.run([*argv, *options, "--", *files], cwd=stack.folder)
    found = [
        finding(match["message"], Position(match["file"], int(match["line"]), int(match["column"])),
                severity="error" if match["level"] == "error" else "warning")
        for match in map(_LINE.match, outcome.out.splitlines()) if match
    ]  # fmt: skip
    if outcome.code not in {0, 1}:
        found.append(finding(f"yamllint failed: {outcome.err.strip()[-500:]}", Position()))
    return decided(found, program=" ".join(argv), version=programs.version((*argv, "--version")))


JUDGE = Judge(
    id="yamllint",
    title="YAML is well-formed and means one thing",
    why="A key that is given twice silently loses the first value, and a tab or a missing quote changes what is read.",
    fix="mend the YAML at that line",
    blocker=Blocker.HARDENING,
    judge=_judge,
    program="yamllint",
    comes_by="installed with midwatch, and run as a program of its own",
)
