"""What tests of several areas share."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from midwatch.check.record import Record, parse_record
from midwatch.spec.model import Spec

os.environ.setdefault("MIDWATCH_OFFLINE", "1")  # no test asks a webhook but the one that it has itself
# Whoever starts the tests in the background (`&`, nohup) has Ctrl-C ignored in all that they start, and no shell can
# trap what was ignored from the start: the tests that send it would wait for nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


def make_spec(**changes: Any) -> Spec:
    """The smallest valid spec, with top-level keys replaced."""
    return Spec.model_validate({"name": "demo", "alerting": {"slack": {"channel": "#alerts"}}} | changes)


def recorded(component: str) -> Record:
    """What a component exports, by its metrics.txt."""
    path = ROOT / "blueprints" / "stack" / component / "metrics.txt"
    return parse_record(path.read_text(encoding="utf-8"), str(path))


@pytest.fixture
def spec() -> Spec:
    """The smallest valid spec."""
    return make_spec()
