"""Which listed conflicts are none any more."""

from __future__ import annotations

from midwatch.regenerate.standing import standing
from midwatch.regenerate.unsettled import Pending

VALUE = Pending("a.yaml", ("key",), 1, {"base": 1, "ours": 2, "theirs": 3})
LINES = Pending("a.conf", (), 1, {"base": "a 1", "ours": "a 2", "theirs": "a 3"})


def left(one: Pending, ours: bytes, theirs: bytes) -> tuple[Pending, ...]:
    return standing([one], lambda _: ours, lambda _: theirs)


def test_a_value_stands_while_both_sides_differ_from_the_base() -> None:
    (one,) = left(VALUE, b"key: 5\n", b"key: 3\n")
    assert one.values == {"base": 1, "ours": 5, "theirs": 3}
    assert left(VALUE, b"key: 3\n", b"key: 3\n") == ()
    assert left(VALUE, b"key: 2\n", b"key: 1\n") == ()


def test_lines_stand_until_one_side_is_in_both_files() -> None:
    assert left(LINES, b"a 2\nmine\n", b"a 3\n") == (LINES,)
    assert left(LINES, b"a 3\nmine\n", b"a 3\n") == ()
    assert left(LINES, b"a 2\nmine\n", b"a 2\n") == ()
    assert left(LINES, b"a 2\na 3\n", b"a 3\n") == (LINES,)
