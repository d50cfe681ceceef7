"""The report as JSON; the keys are an interface."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from midwatch.check.finding import Report


def data(report: Report) -> dict[str, Any]:
    """The report as plain data: profile, counts, findings, judges, rules."""
    return {
        "version": 1,
        "folder": report.folder,
        "profile": report.profile,
        "counts": dict(report.counts()),
        "findings": [{**asdict(finding), "blocker": finding.blocker.value} for finding in report.findings],
        "judges": [asdict(judge) for judge in report.judges],
        "rules": [asdict(rule) for rule in report.rules],
    }


def write(report: Report) -> str:
    """Indented JSON with a final newline."""
    return json.dumps(data(report), indent=2, ensure_ascii=False) + "\n"
