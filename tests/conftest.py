"""What tests of several areas share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from midwatch.spec.model import Spec

os.environ.setdefault("MIDWATCH_OFFLINE", "1")  # no test asks a webhook but the one that it has itself
ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


def make_spec(**changes: Any) -> Spec:
    """The smallest valid spec, with top-level keys replaced."""
    return Spec.model_validate({"name": "demo", "alerting": {"slack": {"channel": "#alerts"}}} | changes)


@pytest.fixture
def spec() -> Spec:
    """The smallest valid spec."""
    return make_spec()
