"""A project with a plan, and a person at the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.plan.build import build
from midwatch.plan.model import Plan, Secret
from tests.conftest import make_spec

WEBHOOK = "https://hooks.slack.com/services/T0/B0/abc"


@pytest.fixture
def plan() -> Plan:
    return build(make_spec())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


class Person:
    """Answers each question with the next of these; then nothing more. Remembers what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def __call__(self, secret: Secret, wrong: str) -> str | None:
        self.asked.append((secret.name, wrong))
        return self.answers.pop(0) if self.answers else None


@pytest.fixture
def person() -> Callable[..., Person]:
    return Person
