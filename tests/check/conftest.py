"""A good stack in a folder of its own, and ways to break it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.check import run, stack
from midwatch.check.finding import Finding
from midwatch.check.stack import Stack
from midwatch.render.tree import render
from midwatch.spec.load import load
from tests.conftest import EXAMPLES

FIXTURE = Path(__file__).parent / "fixtures" / "good"
SECRETS = ("slack_webhook_url", "pii_salt", "redis_users_acl", "redis_exporter_password")


def make_good(folder: Path) -> Path:
    """A copy of the good stack, with its secrets made."""
    shutil.copytree(FIXTURE, folder)
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "secrets").chmod(0o700)
    for name in SECRETS:
        (folder / "secrets" / name).write_text("a-value-of-a-test\n")
    (folder / "secrets" / "slack_webhook_url").write_text("https://hooks.slack.com/services/T0/B0/of-a-test\n")
    return folder


def make_example(name: str, folder: Path) -> Path:
    """A stack generated from one of the examples, as `init` and `generate` leave it, before `secrets`."""
    folder.mkdir(parents=True)
    shutil.copy(EXAMPLES / name / "stack.yaml", folder)
    for path, file in render(load(folder / "stack.yaml")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(file.data)
        (folder / path).chmod(0o755 if file.executable else 0o644)
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text("secrets/\n")
    return folder


def edit(folder: Path, file: str, old: str, new: str, count: int = 1) -> None:
    """Replace text in a file; fails when the text is not there, so that no test edits nothing."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def rules_of(parsed: Stack, *only: str) -> tuple[Finding, ...]:
    """What the rules alone find."""
    return run.run(parsed, judges=False, only=only).findings


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """The good stack."""
    return make_good(tmp_path / "lamp")


@pytest.fixture(scope="session")
def good_stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The good stack, parsed once without Compose; not to be written to."""
    return stack.read(make_good(tmp_path_factory.mktemp("good") / "lamp"), use_compose=False)


@pytest.fixture
def check(good: Path) -> Callable[..., tuple[Finding, ...]]:
    """Findings of the rules over the good stack as it is now on disk."""
    return lambda *only: rules_of(stack.read(good, use_compose=False), *only)
