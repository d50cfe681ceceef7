"""An error in the format that was asked for: who reads JSON, SARIF or JUnit from stdout gets it then too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from midwatch.errors import ExitCode, MidwatchError, Problem

WRITERS = {"sarif": "sarif", "junit": "junit"}


def format_of(args: Sequence[str]) -> str:
    """The value of the last ``--format`` in the arguments, which may themselves be what is wrong; else empty."""
    found = ""
    for index, arg in enumerate(args):
        if arg == "--":
            break
        if arg.startswith("--format="):
            found = arg.partition("=")[2]
        elif arg == "--format" and index + 1 < len(args):
            found = args[index + 1]
    return found if found in ("json", *WRITERS) else ""


def as_document(error: MidwatchError, asked: str, code: int) -> str:
    """The text for stdout, without a final newline."""
    if asked == "json":
        return json.dumps(_data(error, code), indent=2, ensure_ascii=False)
    from midwatch.check.finding import Finding, Report

    problems = error.problems or (Problem(error.message, hint=error.hint),)
    findings = tuple(
        Finding("input", "error", f"{one.key}: {one.message}" if one.key else one.message, one.file, one.line,
                one.column, one.key, one.hint)
        for one in problems
    )  # fmt: skip
    report = Report(folder="", profile="", findings=findings, judges=(), failure=error.message)
    text: str = import_module(f"midwatch.check.report.{WRITERS[asked]}").write(report)
    return text.removesuffix("\n")


def _data(error: MidwatchError, code: int) -> dict[str, Any]:
    return {
        "format": 1,
        "error": {
            "exit_code": int(code),
            "kind": ExitCode(code).name.lower(),
            "message": error.message,
            "hint": error.hint,
            "problems": [
                {"file": one.file, "line": one.line, "column": one.column, "key": one.key, "message": one.message,
                 "hint": one.hint}
                for one in error.problems
            ],
        },
    }  # fmt: skip
