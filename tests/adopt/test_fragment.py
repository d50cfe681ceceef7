"""A fragment laid over what is generated gives what was wanted, for any two values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from midwatch.adopt.fragment import fragment
from midwatch.check.kinds import Kind
from midwatch.merge.build import build
from midwatch.merge.model import plain, same
from midwatch.render.overlay import overlay
from midwatch.render.tags import Override, Reset, dump, load
from tests.diff.test_properties import files


@settings(max_examples=300, deadline=None)
@given(files, files)
def test_laid_over_it_gives_what_was_wanted(base: Any, wanted: Any) -> None:
    old, new = build(Kind.COMPOSE, base), build(Kind.COMPOSE, wanted)
    part = fragment(Kind.COMPOSE, old, new)
    # As it is written and read again.
    result = overlay(Kind.COMPOSE, old, load(dump(part)))
    assert result is not None
    assert same(result, new)


def of(kind: Kind, base: Any, wanted: Any) -> Any:
    """A fragment as data that can be compared."""
    return comparable(fragment(kind, build(kind, base), build(kind, wanted)))


def comparable(value: Any) -> Any:
    if isinstance(value, Reset):
        return ("reset", comparable(value.value))
    if isinstance(value, Override):
        return ("override", comparable(value.value))
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def service(**keys: Any) -> Any:
    return {"services": {"a": {"image": "x", **keys}}}


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (service(mem_limit="1g"), service(mem_limit="2g"), {"mem_limit": "2g"}),
        (service(mem_limit="1g"), service(), {"mem_limit": ("reset", None)}),
        (service(command=["--x=1", "--y"]), service(command=["--x=2", "--y"]), {"command": ["--x=2"]}),
        (service(command=["--x=1", "--y"]), service(command=["--x=1"]), {"command": [("reset", "--y")]}),
        (service(command=["--x", "--y"]), service(command=["--y", "--x"]), {"command": ("override", ["--y", "--x"])}),
        (service(environment=["A=1", "B=2"]), service(environment=["A=1", "B=3"]), {"environment": {"B": "3"}}),
        (service(cap_drop=["ALL"]), service(cap_drop=["NET_RAW"]), {"cap_drop": ["NET_RAW", ("reset", "ALL")]}),
        (service(dns=["1.1.1.1"]), service(dns=["1.1.1.1", "9.9.9.9"]), {"dns": ["9.9.9.9"]}),
        (service(dns=["1.1.1.1"]), service(dns=["9.9.9.9"]), {"dns": ("override", ["9.9.9.9"])}),
        (service(healthcheck={"test": ["CMD", "a"], "retries": 3}),
         service(healthcheck={"test": ["CMD", "b"], "retries": 3}), {"healthcheck": {"test": ["CMD", "b"]}}),
    ],
)  # fmt: skip
def test_a_compose_fragment_is_small(before: Any, after: Any, part: Any) -> None:
    assert of(Kind.COMPOSE, before, after) == {"services": {"a": part}}


def test_a_scrape_job_is_named_and_only_its_difference_said() -> None:
    before = {"scrape_configs": [{"job_name": "a", "scrape_interval": "15s", "honor_labels": True}, {"job_name": "b"}]}
    after = {"scrape_configs": [{"job_name": "a", "scrape_interval": "5s", "honor_labels": True}]}
    assert of(Kind.PROMETHEUS, before, after) == {
        "scrape_configs": [{"job_name": "a", "scrape_interval": "5s"}, ("reset", {"job_name": "b"})]
    }


def test_a_fragment_is_as_readable_as_one_by_hand() -> None:
    part = {"services": {"a": {"mem_limit": "2g", "init": Reset(), "command": [Reset("--y"), "--x=2"]}}}
    assert dump(part) == (
        "services:\n  a:\n    mem_limit: 2g\n    init: !reset null\n    command:\n      - !reset --y\n      - --x=2\n"
    )


@pytest.mark.parametrize("value", ["true", "5", "", "null", "a: b", "- x", "#x", " x ", "two\nlines", "!reset"])
def test_a_tagged_text_stays_a_text(value: str) -> None:
    again = load(dump({"a": Override(value), "b": [Reset(value)]}))
    assert (again["a"].value, again["b"][0].value) == (value, value)
    assert plain(build(Kind.YAML, again["a"].value)) == value
