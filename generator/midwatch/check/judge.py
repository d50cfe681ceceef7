"""What a judge is: a real program (or a test of its kind) over the files of a stack."""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module

from midwatch.check.finding import Blocker, CheckResult, Finding, Position, Severity, Status
from midwatch.check.stack import Stack
from midwatch.check.tool import UnusableError


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judge said. ``findings`` have their id and blocker filled in by the judge's metadata."""

    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    program: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """One judge; ``docs/reference/checks/<id>.md`` is written from this."""

    id: str
    title: str
    why: str
    fix: str
    blocker: Blocker
    judge: Callable[[Stack], Verdict]
    program: str = ""
    """The program that must be there, for the docs."""
    comes_by: str = "from PATH, else from the stack's pinned image by `docker run`"

    def run(self, stack: Stack) -> tuple[CheckResult, tuple[Finding, ...]]:
        """Judge the stack; ids, blockers and the time are filled in."""
        start = time.perf_counter()
        try:
            verdict = self.judge(stack)
        except UnusableError as error:
            verdict = skipped(str(error))
        findings = tuple(
            replace(finding, id=self.id, blocker=self.blocker, hint=finding.hint or self.fix)
            for finding in verdict.findings
        )
        seconds = round(time.perf_counter() - start, 3)
        return CheckResult(
            self.id, "judge", self.title, verdict.status, verdict.reason, verdict.program, verdict.version, seconds
        ), findings


def skipped(reason: str) -> Verdict:
    """The judge could not run."""
    return Verdict("skipped", reason=reason)


def nothing(reason: str) -> Verdict:
    """The stack has nothing for this judge."""
    return Verdict("nothing", reason=reason)


def none_mounted(stack: Stack, what: str) -> Verdict:
    """No service has such a file; where files cannot be read, it may be one of them."""
    broken = ", ".join(str(at) for at, _ in stack.problems if at.file)
    if broken:
        return nothing(f"not judged: {broken} cannot be read; no other {what} is mounted")
    return nothing(f"no service has {'an' if what[0] in 'AEIOU' else 'a'} {what} mounted")


def decided(findings: Sequence[Finding], *, program: str = "", version: str = "", reason: str = "") -> Verdict:
    """Passed unless one of the findings is an error."""
    status: Status = "failed" if any(finding.severity == "error" for finding in findings) else "passed"
    return Verdict(status, tuple(findings), reason, program, version)


def finding(
    message: str, at: Position, *, severity: Severity = "error", service: str = "", key: str = "", hint: str = ""
) -> Finding:
    """A finding of the judge that is running."""
    return Finding("", severity, message, at.file, at.line, at.column, key, hint, service)


@cache
def all_judges() -> tuple[Judge, ...]:
    """Every judge, by id. A judge is a module in ``judges/`` with a ``JUDGE`` (or several ``JUDGES``)."""
    package = import_module("midwatch.check.judges")
    found: list[Judge] = []
    for info in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{info.name}")
        found += [module.JUDGE] if hasattr(module, "JUDGE") else []
    return tuple(sorted(found, key=lambda judge: judge.id))
