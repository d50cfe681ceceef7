"""Rows for people. Colour and layout are the terminal's business (``midwatch.cli``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from midwatch.check.finding import BLOCKERS, Report

Style = Literal["error", "warning", "info", "good", "dim", "plain"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: cells from left to right, and how it is meant."""

    cells: tuple[str, ...]
    style: Style = "plain"


def findings(report: Report, *severities: str) -> Iterator[Row]:
    """One row per finding (of these severities, if any): severity, place, message, id, what to do."""
    for finding in report.findings:
        if severities and finding.severity not in severities:
            continue
        hint = "" if finding.severity == "info" else finding.hint
        yield Row((finding.severity, finding.where, finding.message, finding.id, hint), finding.severity)


def judges(report: Report) -> Iterator[Row]:
    """One row per judge: status, id, title, and the program with its version or the reason why it did not run."""
    styles: dict[str, Style] = {"passed": "good", "failed": "error", "skipped": "warning", "nothing": "dim"}
    for judge in report.judges:
        program = " ".join(part for part in (judge.program, judge.version) if part)
        yield Row((judge.status, judge.id, judge.title, judge.reason or program), styles[judge.status])


def reopened(report: Report) -> Iterator[Row]:
    """The lines of the review that errors re-open, each with the number of errors."""
    for blocker, title in BLOCKERS.items():
        count = sum(finding.severity == "error" and finding.blocker is blocker for finding in report.findings)
        if count:
            yield Row((title, str(count)), "error")


def summary(report: Report) -> Row:
    """The last line."""
    counts = report.counts()
    passed = sum(result.status == "passed" for result in (*report.judges, *report.rules))
    parts = [
        many(counts["error"], "error"), many(counts["warning"], "warning"), f"{many(passed, 'check')} passed",
        *([f"{len(report.skipped)} skipped"] if report.skipped else []), f"profile {report.profile}",
    ]  # fmt: skip
    return Row((", ".join(parts),), "error" if counts["error"] else "good")


def many(count: int, what: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def write(report: Report) -> str:
    """Plain text, as for a log."""

    def shown(*severities: str) -> list[str]:
        rows = findings(report, *severities)
        return [": ".join(cell for cell in row.cells[:3] if cell) + f" [{row.cells[3]}]" for row in rows]

    lines = shown("error", "warning")
    lines += [f"{row.cells[0]}: {row.cells[1]}: {row.cells[3]}" for row in judges(report)]
    lines += shown("info")
    return "\n".join([*lines, summary(report).cells[0]]) + "\n"
