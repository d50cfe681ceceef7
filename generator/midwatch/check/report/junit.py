"""JUnit XML: one test case per judge and rule, as CI servers show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from midwatch.check.finding import CheckResult, Finding, Report


def write(report: Report) -> str:
    """One suite for the judges, one for the rules. Errors fail their case; what is less is in its output."""
    root = ET.Element("testsuites", name="midwatch check")
    known = {result.id for result in (*report.judges, *report.rules)}
    other = sorted({finding.id for finding in report.findings} - known)
    extra = [CheckResult(name, "rule", name, "failed") for name in other]
    _suite(root, "judges", report.judges, report.findings)
    _suite(root, "rules", (*report.rules, *extra), report.findings)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, results: Sequence[CheckResult], findings: Sequence[Finding]) -> None:
    failed = sum(result.status == "failed" for result in results)
    skipped = sum(result.status in {"skipped", "nothing"} for result in results)
    seconds = sum(result.seconds for result in results)
    suite = ET.SubElement(
        root, "testsuite", name=f"midwatch.{name}", tests=str(len(results)), failures=str(failed), errors="0",
        skipped=str(skipped), time=f"{seconds:.3f}",
    )  # fmt: skip
    for result in results:
        case = ET.SubElement(
            suite, "testcase", classname=f"midwatch.{name}", name=result.id, time=f"{result.seconds:.3f}"
        )
        mine = [finding for finding in findings if finding.id == result.id]
        errors = [_line(finding) for finding in mine if finding.severity == "error"]
        rest = [_line(finding) for finding in mine if finding.severity != "error"]
        if result.status == "failed":
            message = errors[0] if errors else _clean(result.title)
            failure = ET.SubElement(case, "failure", type=result.id, message=message)
            failure.text = "\n".join(errors)
        elif result.status in {"skipped", "nothing"}:
            ET.SubElement(case, "skipped", message=_clean(result.reason))
        if rest:
            ET.SubElement(case, "system-out").text = "\n".join(rest)


def _line(finding: Finding) -> str:
    where = f"{finding.where}: " if finding.where else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    return _clean(f"{where}{finding.severity}: {finding.message}{hint}")


def _clean(text: str) -> str:
    """XML 1.0 has no place for control characters."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
