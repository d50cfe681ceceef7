"""A value that a person gives has to be of the kind that stood there."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.merge.fits import UnfitError, fitting

MEMORY = ("services", "loki", "mem_limit")


def fit(text: str, *sides: Any, path: tuple[str, ...] = ("key",)) -> Any:
    return fitting(text, YAML(typ="safe", pure=True).load(text), sides, path)


@pytest.mark.parametrize(
    ("text", "sides", "path"),
    [
        ("lots", ["720h", "336h"], ("retention_period",)),
        ("3g", ["720h", "336h"], ("retention_period",)),
        ("2h", ["170m", "191m"], MEMORY),
        ("1g", ["5m", "10m"], ("route", "group_interval")),
        ("lots", [5, 50], ("threshold",)),
        ("7", [True, False], ("enabled",)),
        ("[1]", ["a", "b"], ("key",)),
        ("a", [["a"], ["b"]], ("key",)),
        ("", ["1g", "2g"], MEMORY),
        (" ", [5], ("key",)),
        ("null", [5, 6], ("key",)),
        ("-1", [4, 8], ("limits_config", "ingestion_rate_mb")),
        ("-0.5", [0, 8.5], ("key",)),
    ],
)
def test_refused(text: str, sides: list[Any], path: tuple[str, ...]) -> None:
    with pytest.raises(UnfitError):
        fit(text, *sides, path=path)


@pytest.mark.parametrize(
    ("text", "sides", "path", "wanted"),
    [
        ("2g", ["170m", "191m"], MEMORY, "2g"),
        ("14d", ["720h", "336h"], ("retention_period",), "14d"),
        ("#ops", ["#alerts", "#night"], ("channel",), "#ops"),
        ("2", ["1.5", "1"], ("cpus",), "2"),
        ("2.5", [1, 2], ("key",), 2.5),
        ("-2", [-1, 2], ("key",), -2),
        ("null", [None, 2], ("key",), None),
        ("[b]", [["a"]], ("key",), ["b"]),
        ("anything", [], ("key",), "anything"),
    ],
)
def test_taken(text: str, sides: list[Any], path: tuple[str, ...], wanted: Any) -> None:
    assert fit(text, *sides, path=path) == wanted
