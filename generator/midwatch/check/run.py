"""Runs judges and rules over a stack. A bug in one of them is an error of ours; a broken stack never is."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from midwatch.check.finding import Blocker, CheckResult, Finding, Report
from midwatch.check.judge import Judge, all_judges
from midwatch.check.kinds import Kind
from midwatch.check.own import in_fragment
from midwatch.check.rule import Rule, all_rules
from midwatch.check.stack import Stack, generated
from midwatch.errors import MidwatchError

WORKERS = 8
"""Judges wait for their programs most of the time."""
_ALERTING = frozenset({Kind.PROMETHEUS, Kind.RULES, Kind.ALERTMANAGER})
_ORDER = {"error": 0, "warning": 1, "info": 2}


def known_ids() -> tuple[str, ...]:
    """Ids of every judge and rule, which ``only`` takes."""
    return tuple(sorted({*(judge.id for judge in all_judges()), *(rule.id for rule in all_rules())}))


def run(
    stack: Stack, *, judges: bool = True, rules: bool = True, only: Collection[str] = (), without: Collection[str] = ()
) -> Report:
    """Judge the stack. ``only`` restricts to these ids; raises MidwatchError for an id that does not exist.

    Rules named in ``without`` are reported as having had nothing to judge, as was asked for.
    """
    if unknown := sorted(set(only) - set(known_ids())):
        raise MidwatchError(f"no such check: {', '.join(unknown)}", hint="'midwatch check --list' names them all")
    chosen_judges = [judge for judge in all_judges() if judges and (not only or judge.id in only)]
    chosen_rules = [rule for rule in all_rules() if rules and (not only or rule.id in only)]
    judged = _run_judges(stack, chosen_judges)
    ruled = [_left_out(rule) if rule.id in without else _run_rule(stack, rule) for rule in chosen_rules]
    findings = [*_unreadable(stack), *(in_fragment(stack, item) for _, found in (*judged, *ruled) for item in found)]
    return Report(
        folder=str(stack.folder),
        profile=stack.profile.label,
        findings=tuple(sorted(dict.fromkeys(findings), key=_sort_key)),
        judges=tuple(result for result, _ in judged),
        rules=tuple(result for result, _ in ruled),
    )


def _run_judges(stack: Stack, judges: Sequence[Judge]) -> list[tuple[CheckResult, tuple[Finding, ...]]]:
    if stack.compose.problems:
        reason = f"{stack.compose.path} cannot be read"
        return [(CheckResult(judge.id, "judge", judge.title, "nothing", reason), ()) for judge in judges]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda judge: judge.run(stack), judges))


def _run_rule(stack: Stack, rule: Rule) -> tuple[CheckResult, tuple[Finding, ...]]:
    if stack.compose.problems:
        return CheckResult(rule.id, "rule", rule.title, "nothing", f"{stack.compose.path} cannot be read"), ()
    start = time.perf_counter()
    findings = rule.findings(stack)
    failed = any(finding.severity == "error" for finding in findings)
    result = CheckResult(rule.id, "rule", rule.title, "failed" if failed else "passed")
    return replace(result, seconds=round(time.perf_counter() - start, 3)), findings


def _left_out(rule: Rule) -> tuple[CheckResult, tuple[Finding, ...]]:
    return CheckResult(rule.id, "rule", rule.title, "nothing", "left out, as asked for"), ()


def _unreadable(stack: Stack) -> list[Finding]:
    """What could not be read is an error whatever was asked for: nothing else about it can be trusted."""
    found = [
        Finding("unreadable", "error", f"{at.file} {message}" if at.line == 0 else message, at.file, at.line, at.column,
                hint="mend the file first; what depends on it was not judged", blocker=_opened(stack, at.file))
        for at, message in stack.problems
    ]  # fmt: skip
    for problem in stack.spec_problems:
        text = f"{problem.key}: {problem.message}" if problem.key else problem.message
        place = (problem.file or "stack.yaml", problem.line, problem.column)
        found.append(Finding("spec", "error", text, *place, key=problem.key, hint=problem.hint))
    return found


def _opened(stack: Stack, path: str) -> Blocker:
    """What it opens that a file cannot be read: without this one there is no stack, or it alerts nobody."""
    file = generated(stack, path)
    alerting = path == stack.compose.path or (file is not None and file.kind in _ALERTING)
    return Blocker.ALERTING if alerting else Blocker.SILENT_FAILURE


def _sort_key(finding: Finding) -> tuple[int, str, int, int, str, str]:
    return (_ORDER[finding.severity], finding.file, finding.line, finding.column, finding.id, finding.message)
