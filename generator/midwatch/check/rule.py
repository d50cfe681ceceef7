"""What a rule is: metadata for people, and a pure function from a stack to flaws."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from midwatch.check.finding import Blocker, Finding, Position, Severity
from midwatch.check.profile import Profile, severity
from midwatch.check.service import Service
from midwatch.check.stack import Stack


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a rule saw. ``severity`` and ``blocker`` are only for what differs from the rule's own."""

    message: str
    at: Position
    service: str = ""
    key: str = ""
    hint: str = ""
    severity: Severity | None = None
    blocker: Blocker | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``docs/reference/checks/<id>.md`` is written from this."""

    id: str
    title: str
    """What must hold, as one sentence."""
    why: str
    fix: str
    blocker: Blocker
    check: Callable[[Stack], Iterable[Flaw]]
    since: Profile = Profile.DEVELOPMENT
    """First profile in which a flaw is an error; below it is a warning."""
    good: str = ""
    """Example that passes, for the docs page."""
    bad: str = ""
    exception: str = ""
    """Key under ``x-midwatch: exceptions:`` that lets a service differ; empty when there is no exception."""

    def findings(self, stack: Stack) -> tuple[Finding, ...]:
        """Every flaw in this stack as a finding; raises only for a bug of the rule."""
        usual = severity(self.since, stack.profile)
        return tuple(
            Finding(
                self.id, flaw.severity or usual, flaw.message, flaw.at.file, flaw.at.line, flaw.at.column, flaw.key,
                flaw.hint or self.fix, flaw.service, flaw.blocker or self.blocker,
            )
            for flaw in self.check(stack)
        )  # fmt: skip


ServiceTest = Callable[[Stack, Service], Iterable[Flaw]]


def each_service(test: ServiceTest, *exceptions: str) -> Callable[[Stack], Iterator[Flaw]]:
    """A rule over services, one at a time. A service that carries one of the exceptions passes with an info line."""

    def check(stack: Stack) -> Iterator[Flaw]:
        for service in stack.services.values():
            flaws = list(test(stack, service))
            key = next((key for key in exceptions if key in service.exceptions), None)
            if flaws and key:
                at = stack.service_at(service, "x-midwatch", "exceptions", key)
                message = f"{flaws[0].message} (exception: {service.exceptions[key]})"
                yield Flaw(message, at, service.name, flaws[0].key, "", "info")
            else:
                yield from flaws

    return check


def flaw(stack: Stack, service: Service, message: str, *key: str | int, hint: str = "") -> Flaw:
    """A flaw of a service at one of its keys; the message begins with the service's name."""
    path = ".".join(["services", service.name, *map(str, key)])
    return Flaw(f"{service.name}: {message}", stack.service_at(service, *key), service.name, path, hint)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id. A rule is a module in ``rules/`` with a ``RULE``; adding the file adds the rule."""
    package = import_module("midwatch.check.rules")
    modules = (import_module(f"{package.__name__}.{info.name}") for info in pkgutil.iter_modules(package.__path__))
    return tuple(sorted((module.RULE for module in modules if hasattr(module, "RULE")), key=lambda rule: rule.id))
