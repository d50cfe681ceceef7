"""SARIF 2.1.0, as GitHub, GitLab and editors read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from midwatch import __version__
from midwatch.check.finding import BLOCKERS, Finding, Report
from midwatch.check.pages import about

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}
_STATUS_LEVELS: Mapping[str, str] = {"skipped": "warning", "nothing": "none"}


def data(report: Report) -> dict[str, Any]:
    """The log object. Places are relative to the project folder."""
    used = {finding.id for finding in report.findings}
    rules = [_rule(check.id, check.title, check.why, check.fix) for check in about()]
    known = {rule["id"] for rule in rules}
    rules += [_rule(name, name, "", "") for name in sorted(used - known)]
    rules.sort(key=lambda rule: str(rule["id"]))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "midwatch", "semanticVersion": __version__, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not (report.skipped or report.failure),
                        "toolExecutionNotifications": [*_failure(report), *_skips(report)],
                    }
                ],
                "results": [_result(finding, index[finding.id]) for finding in report.findings],
                "properties": {"profile": report.profile},
            }
        ],
    }


def write(report: Report) -> str:
    """Indented JSON with a final newline."""
    return json.dumps(data(report), indent=2, ensure_ascii=False) + "\n"


def _rule(name: str, title: str, why: str, fix: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": title}}
    if why:
        rule["fullDescription"] = {"text": why}
        rule["help"] = {"text": f"{why}\n\nTo fix: {fix}"}
    return rule


def _result(finding: Finding, index: int) -> dict[str, Any]:
    text = f"{finding.message} ({finding.hint})" if finding.hint and finding.severity != "info" else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "properties": {"review": BLOCKERS[finding.blocker], "service": finding.service, "key": finding.key},
    }
    if finding.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.file)}}
        if finding.line:
            place["region"] = {"startLine": finding.line, **({"startColumn": finding.column} if finding.column else {})}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _failure(report: Report) -> list[dict[str, Any]]:
    return [{"level": "error", "message": {"text": report.failure}}] if report.failure else []


def _skips(report: Report) -> list[dict[str, Any]]:
    return [
        {"level": _STATUS_LEVELS["skipped"], "message": {"text": f"{result.id} was skipped: {result.reason}"}}
        for result in report.skipped
    ]
