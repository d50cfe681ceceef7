"""The committed twins of the examples are what midwatch generates."""

from __future__ import annotations

import pytest

from tests.render.twins import NAMES, committed, expected


def test_there_are_examples() -> None:
    assert {"sva-studio", "small", "large"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_is_what_is_generated(name: str) -> None:
    wanted = {path: (file.data, file.executable) for path, file in expected(name).items()}
    have = committed(name)
    assert sorted(have) == sorted(wanted), "run `make examples` and read the diff"
    changed = [path for path in wanted if have[path] != wanted[path]]
    assert changed == [], "run `make examples` and read the diff"
