"""YAML of anybody's: hostile or broken, it gives a problem with a place and never a traceback."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.check.document import MAX_BYTES, parse

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def only_problem(raw: bytes) -> tuple[int, str]:
    document = parse("x.yaml", raw)
    assert document.data is None
    assert len(document.problems) == 1
    at, message = document.problems[0]
    assert at.file == "x.yaml"
    return at.line, message


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (BOMB.encode(), 6, "aliases"),
        (b"a: &a [*a]\n", 1, "contains itself"),
        (b"a: *nowhere\n", 1, "nowhere"),
        (b"a:\n\tb: 1\n", 2, "not valid YAML"),
        (b"a: [1, 2\nb: 3\n", 2, "not valid YAML"),
        (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
        (b"x: " + b"1" * MAX_BYTES, 0, "too large"),
        (b"[" * 5000 + b"]" * 5000, 0, "nested too deeply"),
        (b"[" * 200_000, 0, "nested too deeply"),
        (b"- " * 100_000 + b"a", 0, "nested too deeply"),
        (b"a: \x00\n", 0, "not valid YAML"),
    ],
    ids=["bomb", "self", "alias", "tab", "bracket", "encoding", "size", "depth", "open", "items", "control"],
)
def test_what_cannot_be_read_is_a_problem(raw: bytes, line: int, words: str) -> None:
    found_line, message = only_problem(raw)
    assert words in message
    assert line in (0, found_line)


def test_a_bomb_costs_nothing() -> None:
    start = time.perf_counter()
    only_problem(BOMB.encode())
    assert time.perf_counter() - start < 2


def test_a_key_given_twice_is_named_and_the_rest_is_read() -> None:
    document = parse("x.yaml", b"a: 1\nb: 2\na: 3\n")
    assert document.data == {"a": 3, "b": 2}
    ((at, message),) = document.problems
    assert (at.line, at.column) == (3, 1)
    assert "'a'" in message


def test_places_are_those_of_the_keys_and_fall_back_to_the_parent() -> None:
    document = parse("x.yaml", b"services:\n  web:\n    ports:\n      - 80\n      - 90\n")
    assert str(document.at("services", "web", "ports")) == "x.yaml:3:5"
    assert str(document.at("services", "web", "ports", 1)) == "x.yaml:5:9"
    assert str(document.at("services", "web", "user")) == "x.yaml:2:3"
    assert document.get("services", "web", "ports", 1) == 90
    assert document.get("services", "web", 0, "x") is None


def test_merge_keys_and_anchors_are_resolved() -> None:
    document = parse("x.yaml", b"a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n")
    assert document.data["b"] == {"x": 1, "y": 3}
    assert document.data["c"] == {"x": 1, "y": 2}
    assert not document.problems


def test_bom_crlf_empty_and_several_documents_are_no_problem() -> None:
    assert parse("x", b"\xef\xbb\xbfa: 1\r\nb: true\r\n").data == {"a": 1, "b": True}
    assert parse("x", b"").data is None
    assert not parse("x", b"").problems
    assert parse("x", b"a: 1\n---\nb: 2\n").data == {"a": 1}


@given(st.binary(max_size=200) | st.text(alphabet="ab:-{}[]&*!|> \n\t'\"#,?%@0<", max_size=80).map(str.encode))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    parse("x.yaml", raw)
