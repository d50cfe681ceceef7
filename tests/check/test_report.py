"""The report writers are pure, and what they write is what the readers of each format expect."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from midwatch.check import run, stack
from midwatch.check.finding import Blocker, CheckResult, Finding, Report, exit_code
from midwatch.check.report import json_report, junit, sarif, text
from midwatch.errors import ExitCode, MidwatchError
from tests.check.conftest import edit

FINDINGS = (
    Finding(
        "memory-limit",
        "error",
        "redis: has no memory limit",
        "compose.yaml",
        7,
        3,
        "services.redis",
        "set one",
        "redis",
        Blocker.LIMITS,
    ),
    Finding("yamllint", "warning", "trailing \x1b spaces <&>", "a b.yaml", 2, 0),
    Finding("non-root-user", "info", "proxy: runs as root (exception: socket)", "compose.yaml"),
    Finding("unreadable", "error", "is not YAML"),
)
JUDGES = (
    CheckResult("yamllint", "judge", "YAML", "passed", "", "/bin/yamllint", "1.38.0", 0.25),
    CheckResult("loki", "judge", "Loki", "skipped", "loki is not on PATH"),
    CheckResult("caddy", "judge", "Caddy", "nothing", "no Caddyfile"),
)
RULES = (
    CheckResult("memory-limit", "rule", "limits", "failed"),
    CheckResult("non-root-user", "rule", "users", "passed"),
)
REPORT = Report("/srv/sva", "production", FINDINGS, JUDGES, RULES)
CLEAN = Report("/srv/sva", "production", FINDINGS[1:3], JUDGES[:1], RULES[1:])


@pytest.mark.parametrize(
    ("report", "strict", "code"),
    [
        (CLEAN, False, ExitCode.DONE),
        (CLEAN, True, ExitCode.DONE),
        (REPORT, False, ExitCode.FINDINGS),
        (REPORT, True, ExitCode.FINDINGS),
        (Report("", "", FINDINGS[1:3], JUDGES), False, ExitCode.DONE),
        (Report("", "", FINDINGS[1:3], JUDGES), True, ExitCode.MISSING_PROGRAM),
        (Report("", "", (), JUDGES[2:]), True, ExitCode.DONE),
    ],
)
def test_exit_code(report: Report, strict: bool, code: ExitCode) -> None:
    assert exit_code(report, strict=strict) is code


def test_counts() -> None:
    assert REPORT.counts() == {"error": 2, "warning": 1, "info": 1}
    assert CLEAN.counts()["error"] == 0


def test_json_has_everything() -> None:
    data = json.loads(json_report.write(REPORT))
    assert data["counts"] == {"error": 2, "warning": 1, "info": 1}
    assert data["findings"][0] == {
        "id": "memory-limit",
        "severity": "error",
        "message": "redis: has no memory limit",
        "file": "compose.yaml",
        "line": 7,
        "column": 3,
        "key": "services.redis",
        "hint": "set one",
        "service": "redis",
        "blocker": "blocker-3",
    }
    assert [judge["status"] for judge in data["judges"]] == ["passed", "skipped", "nothing"]
    assert data["judges"][1]["reason"] == "loki is not on PATH"


def test_sarif_keeps_the_rules_of_its_schema() -> None:
    log = json.loads(sarif.write(REPORT))
    assert log["version"] == "2.1.0"
    assert "sarif-schema-2.1.0" in log["$schema"]
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert one["tool"]["driver"]["name"] == "midwatch"
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert len(one["results"]) == len(FINDINGS)
    for result, finding in zip(one["results"], FINDINGS, strict=True):
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"].startswith(finding.message)
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.id
        for location in result.get("locations", []):
            place = location["physicalLocation"]
            assert " " not in place["artifactLocation"]["uri"]
            assert place.get("region", {"startLine": 1})["startLine"] >= 1
            assert place.get("region", {}).get("startColumn", 1) >= 1
    assert "locations" not in one["results"][3]
    invocation = one["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "loki" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_junit_has_one_case_per_check_and_counts_that_agree() -> None:
    root = ET.fromstring(junit.write(REPORT).encode())
    assert root.tag == "testsuites"
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases.keys() == {"yamllint", "loki", "caddy", "memory-limit", "non-root-user", "unreadable"}
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped"))
    failure = cases["memory-limit"].find("failure")
    assert failure is not None
    assert failure.get("message") == "compose.yaml:7:3: error: redis: has no memory limit (set one)"
    skipped = cases["loki"].find("skipped")
    assert skipped is not None and skipped.get("message") == "loki is not on PATH"
    assert "trailing ? spaces <&>" in (cases["yamllint"].findtext("system-out") or "")


def test_text_rows_say_what_and_where() -> None:
    rows = list(text.findings(REPORT))
    assert rows[0].cells == ("error", "compose.yaml:7:3", "redis: has no memory limit", "memory-limit", "set one")
    assert [row.style for row in text.judges(REPORT)] == ["good", "warning", "dim"]
    assert next(iter(text.reopened(REPORT))).cells == ("Blocker 3: no container has a limit", "1")
    assert "2 errors" in text.summary(REPORT).cells[0]
    assert "1 skipped" in text.summary(REPORT).cells[0]
    lines = text.write(REPORT).splitlines()
    assert lines[0].startswith("error: compose.yaml:7:3")
    assert lines[-2].startswith("info: "), "what is so on purpose comes last"
    assert text.summary(CLEAN).cells[0].startswith("0 errors, 1 warning, 2 checks passed")


def test_a_real_run_can_be_written_in_every_format(good: Path) -> None:
    edit(good, "compose.yaml", "    read_only: true\n", "")
    report = run.run(stack.read(good, use_compose=False), judges=False)
    assert exit_code(report) is ExitCode.FINDINGS
    assert json.loads(json_report.write(report))["counts"]["error"] == 1
    assert len(json.loads(sarif.write(report))["runs"][0]["results"]) == len(report.findings)
    assert len(ET.fromstring(junit.write(report)).findall(".//failure")) == 1


def test_only_what_was_asked_for_runs(good: Path) -> None:
    report = run.run(stack.read(good, use_compose=False), only={"memory-limit", "links"})
    assert [result.id for result in (*report.judges, *report.rules)] == ["links", "memory-limit"]
    with pytest.raises(MidwatchError, match="no such check: nonsense"):
        run.run(stack.read(good, use_compose=False), only={"nonsense"})
