"""What every test of the lab needs. A test asks for `engine`, and is skipped by name where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.cache import LabError
from tests.lab.engine import Engine
from tests.lab.engine import engine as run_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this machine, started for the session where none answers."""
    try:
        context = run_engine()
        got = context.__enter__()
    except LabError as error:
        pytest.skip(str(error))
    try:
        yield got
    finally:
        context.__exit__(None, None, None)
