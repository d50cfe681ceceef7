"""Deleting any single safety line from compose.yaml makes `check` fail and name the service and the line.

Every line of every service and every top-level network, volume and secret is tried, in the good fixture and in the
generated demo. General rules find what is plain wrong in any stack; the pristine copy in .midwatch/base finds the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.check import stack
from midwatch.check.finding import Finding
from midwatch.check.stack import Stack
from tests.check.conftest import FIXTURE, make_example, make_good, rules_of

SAFETY = (
    "user",
    "read_only",
    "security_opt",
    "no-new-privileges:true",
    "cap_drop",
    "ALL",
    "restart",
    "stop_grace_period",
    "stop_signal",
    "logging",
    "driver",
    "options",
    "max-size",
    "max-file",
    "deploy",
    "resources",
    "limits",
    "reservations",
    "cpus",
    "memory",
    "pids",
    "healthcheck",
    "test",
    "interval",
    "timeout",
    "retries",
    "start_period",
    "networks",
    "secrets",
    "tmpfs",
    "volumes",
    "GOMEMLIMIT",
    "image",
    "command",
    "entrypoint",
    "depends_on",
    "condition",
    "internal",
    "size",
    "backup",
    "file",
)
"""Keys that are there for safety. Items of lists below ``cap_drop``, ``secrets`` and so on count too."""
LISTS = ("security_opt", "cap_drop", "secrets", "tmpfs", "volumes", "networks", "command")


def lines_of(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, owner (``services.redis``) and key of each safety line."""
    section = owner = parent = ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = raw.strip()
        indent = len(raw) - len(raw.lstrip())
        if not text or text.startswith("#"):
            continue
        key = text.lstrip("- ").partition(":")[0] if not text.startswith("- ") else text[2:]
        if indent == 0:
            section, owner = key, ""
        elif indent == 2:
            owner = f"{section}.{key}"
        elif section in {"services", "networks", "volumes", "secrets"}:
            if indent == 4 and not text.startswith("- "):
                parent = key
            if text.startswith("internal:") and text != "internal: true":
                continue  # the reason of an exception
            if section == "networks" and key == "driver":
                continue  # what Docker takes anyway
            if key in SAFETY or (text.startswith("- ") and parent in LISTS):
                yield number, owner, text


def without_line(parsed: Stack, number: int) -> Stack:
    lines = parsed.files[parsed.compose.path].text.splitlines(keepends=True)
    return stack.with_compose(parsed, "".join(lines[: number - 1] + lines[number:]).encode())


def with_base(folder: Path) -> Path:
    """The project as `generate` leaves it: with the pristine copy of its compose file."""
    base = folder / ".midwatch" / "base"
    base.mkdir(parents=True, exist_ok=True)
    if not (base / "compose.yaml").exists():
        shutil.copy(folder / "compose.yaml", base)
    return folder


def names_it(found: list[Finding], owner: str, first: int, last: int) -> bool:
    """Whether a finding is an error that names the owner, or (a broken file) a line inside of its block."""
    name = owner.partition(".")[2]
    return any(
        name == item.service or name in item.message or (item.id == "unreadable" and first <= item.line <= last + 1)
        for item in found
    )


def blocks(lines: list[tuple[int, str, str]]) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    for number, owner, _ in lines:
        first, _last = spans.get(owner, (number, number))
        spans[owner] = (first, number)
    return spans


def unfound(parsed: Stack, path: Path) -> list[str]:
    """Safety lines whose deletion passes, or is not named."""
    lines = list(lines_of(path))
    spans = blocks(lines)
    missed = []
    for number, owner, text in lines:
        if is_excepted(parsed, owner, text):
            continue
        errors = [item for item in rules_of(without_line(parsed, number)) if item.severity == "error"]
        if not names_it(errors, owner, *spans[owner]):
            missed.append(f"{number}: {owner}: {text}")
    return missed


def is_excepted(parsed: Stack, owner: str, text: str) -> bool:
    """A line that a service's own exception covers (``user: "0:0"`` of one that must be root) guards nothing."""
    service = parsed.services.get(owner.partition(".")[2])
    return service is not None and text.partition(":")[0] in service.exceptions


def test_every_safety_line_of_the_good_stack(good: Path) -> None:
    parsed = stack.read(with_base(good), use_compose=False)
    assert len(list(lines_of(good / "compose.yaml"))) > 250
    assert unfound(parsed, good / "compose.yaml") == []


HARD = (
    "cap_drop",
    "cpus",
    "healthcheck",
    "image",
    "interval",
    "limits",
    "logging",
    "memory",
    "pids",
    "read_only",
    "reservations",
    "resources",
    "restart",
    "retries",
    "secrets",
    "start_period",
    "stop_grace_period",
    "test",
    "timeout",
    "GOMEMLIMIT",
    "internal",
    "size",
    "backup",
)


@pytest.mark.parametrize("key", HARD)
def test_the_general_rules_need_no_pristine_copy(good_stack: Stack, key: str) -> None:
    """On a stack that midwatch did not generate there is none, and these lines are still missed."""
    lines = [(n, o, t) for n, o, t in lines_of(FIXTURE / "compose.yaml") if t.partition(":")[0] == key]
    assert lines
    for number, owner, text in lines:
        errors = [item for item in rules_of(without_line(good_stack, number)) if item.severity == "error"]
        assert errors, f"{number}: {owner}: {text}"


@pytest.mark.slow
def test_every_safety_line_of_the_demo(tmp_path: Path) -> None:
    folder = with_base(make_example("sva-studio", tmp_path / "sva"))
    parsed = stack.read(folder, use_compose=False)
    assert len(list(lines_of(folder / "compose.yaml"))) > 250
    assert unfound(parsed, folder / "compose.yaml") == []


def test_a_removed_line_with_a_reason_is_an_information(good: Path) -> None:
    with_base(good)
    text = (good / "compose.yaml").read_text()
    text = text.replace("    stop_signal: SIGTERM\n", "    x-midwatch: {exceptions: {stop_signal: it has none}}\n")
    (good / "compose.yaml").write_text(text)
    (finding,) = rules_of(stack.read(good, use_compose=False), "safety-line")
    assert (finding.severity, finding.service) == ("info", "prometheus")


def test_a_changed_value_is_not_a_removed_line(good: Path) -> None:
    with_base(good)
    text = (good / "compose.yaml").read_text()
    (good / "compose.yaml").write_text(text.replace("retention.time=7d", "retention.time=9d").replace("576m", "600m"))
    assert rules_of(stack.read(good, use_compose=False), "safety-line") == ()


def test_without_a_pristine_copy_there_is_nothing_to_compare(tmp_path: Path) -> None:
    parsed = stack.read(make_good(tmp_path / "x"), use_compose=False)
    assert parsed.base is None
    assert rules_of(parsed, "safety-line") == ()
