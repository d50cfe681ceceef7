"""What `check` finds: plain data, and the exit code that follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from midwatch.errors import ExitCode

Severity = Literal["error", "warning", "info"]
Status = Literal["passed", "failed", "skipped", "nothing"]
"""``nothing``: the stack has nothing that this judge could judge. Unlike ``skipped`` it hides no risk."""


class Blocker(StrEnum):
    """The line of the 3 a.m. review that a finding re-opens."""

    ALERTING = "blocker-1"
    BACKUP = "blocker-2"
    LIMITS = "blocker-3"
    RUNBOOKS = "blocker-4"
    REDIS = "blocker-5"
    ROLLBACK = "warning-1"
    SILENT_FAILURE = "warning-2"
    SHUTDOWN = "warning-3"
    HEALTH_CHECKS = "strength-1"
    PINNED_IMAGES = "strength-2"
    REDACTION = "strength-3"
    WORKSPACE = "strength-4"
    RETENTION = "strength-5"
    HARDENING = "hardening"

    @property
    def line(self) -> str:
        """Its name without what it says: ``Blocker 1``."""
        return BLOCKERS[self].partition(":")[0]


BLOCKERS: Mapping[Blocker, str] = {
    Blocker.ALERTING: "Blocker 1: nothing alerts a human",
    Blocker.BACKUP: "Blocker 2: nothing is backed up",
    Blocker.LIMITS: "Blocker 3: no container has a limit",
    Blocker.RUNBOOKS: "Blocker 4: no runbooks",
    Blocker.REDIS: "Blocker 5: sessions die with a restart",
    Blocker.ROLLBACK: "Warning 1: no rollback plan",
    Blocker.SILENT_FAILURE: "Warning 2: silent failures pass",
    Blocker.SHUTDOWN: "Warning 3: no graceful shutdown",
    Blocker.HEALTH_CHECKS: "Strength 1: a health check on every service",
    Blocker.PINNED_IMAGES: "Strength 2: pinned images",
    Blocker.REDACTION: "Strength 3: personal data redacted from logs",
    Blocker.WORKSPACE: "Strength 4: a workspace label on everything",
    Blocker.RETENTION: "Strength 5: retention limits",
    Blocker.HARDENING: "Hardening: what an intruder could do",
}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file. Lines and columns count from 1; 0 means not known. ``file`` is relative to the project."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (or, as ``info``, deliberately different), where, and what to do."""

    id: str
    severity: Severity
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""
    hint: str = ""
    service: str = ""
    blocker: Blocker = Blocker.HARDENING

    @property
    def where(self) -> str:
        """``file:line:column`` as far as it is known."""
        return str(Position(self.file, self.line, self.column)) if self.file else ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one judge or rule ended. ``reason`` says why it was skipped, or what there was to judge."""

    id: str
    kind: Literal["judge", "rule"]
    title: str
    status: Status
    reason: str = ""
    program: str = ""
    """Path of the program, or the image that it ran from."""
    version: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run of `check` found."""

    folder: str
    profile: str
    findings: tuple[Finding, ...]
    judges: tuple[CheckResult, ...]
    rules: tuple[CheckResult, ...] = ()
    failure: str = ""
    """Why nothing could be judged at all; empty when it could."""

    def counts(self) -> Mapping[str, int]:
        """Number of findings per severity; all three keys are always there."""
        seen = Counter(finding.severity for finding in self.findings)
        return {severity: seen[severity] for severity in ("error", "warning", "info")}

    @property
    def skipped(self) -> tuple[CheckResult, ...]:
        """Judges and rules that could not run."""
        return tuple(result for result in (*self.judges, *self.rules) if result.status == "skipped")


def exit_code(report: Report, *, strict: bool = False) -> ExitCode:
    """Findings first: an error is 1 whatever was skipped; then, if strict, a skipped judge is 3."""
    if report.counts()["error"]:
        return ExitCode.FINDINGS
    if strict and report.skipped:
        return ExitCode.MISSING_PROGRAM
    return ExitCode.DONE
