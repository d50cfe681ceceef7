"""The budget: limits add up, nobody gets less than the minimum or more than the maximum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.plan.budget import Request, TooSmallError, allocate


def test_the_rest_is_poured_in_by_weight() -> None:
    given_out = allocate(100, [Request("a", 10, 1, 1000), Request("b", 10, 3, 1000)], 1)
    assert given_out == {"a": 30, "b": 70}


def test_what_one_cannot_take_goes_to_the_others() -> None:
    given_out = allocate(100, [Request("a", 10, 1, 15), Request("b", 10, 1, 1000)], 1)
    assert given_out == {"a": 15, "b": 85}


def test_an_exact_need_gets_exactly_that() -> None:
    given_out = allocate(100, [Request("redis", 40, 0, 40), Request("b", 10, 1, 1000)], 1)
    assert given_out["redis"] == 40


def test_too_small_says_what_is_needed() -> None:
    with pytest.raises(TooSmallError) as error:
        allocate(100, [Request("a", 80, 1, 100), Request("b", 30, 1, 100)], 1)
    assert error.value.needed == 110


requests = st.lists(
    st.tuples(
        st.integers(0, 1000),
        st.sampled_from([0.0, 0.5, 1.0, 7.5, 50.0]),
        st.integers(0, 5000),
        st.sampled_from([0.01, 1.0, 16.0]),
    ),
    min_size=1,
    max_size=20,
)


@given(requests, st.integers(0, 50_000))
def test_never_more_than_there_is_never_less_than_the_minimum(
    parts: list[tuple[int, float, int, float]], more: int
) -> None:
    wanted = [Request(str(i), low, weight, low + extra) for i, (low, weight, extra, _) in enumerate(parts)]
    step = parts[0][3]
    available = sum(request.minimum for request in wanted) + more
    result = allocate(available, wanted, step)
    assert sum(result.values()) <= available + 1e-6
    for request in wanted:
        assert request.minimum - step < result[request.name] <= request.maximum + 1e-6


@given(requests, st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_larger_host_gives_nobody_less(
    parts: list[tuple[int, float, int, float]], more: int, still_more: int
) -> None:
    wanted = [Request(str(i), low, weight, low + extra) for i, (low, weight, extra, _) in enumerate(parts)]
    least = sum(request.minimum for request in wanted)
    smaller, larger = allocate(least + more, wanted, 1), allocate(least + more + still_more, wanted, 1)
    assert all(smaller[name] <= larger[name] + 1 for name in smaller)
