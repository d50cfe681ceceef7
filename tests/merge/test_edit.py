"""How a merged value is written into the person's file: quotes, comments of what goes, and what is refused."""

from __future__ import annotations

import pytest

from midwatch.check.document import parse
from midwatch.merge import blocks, inline
from midwatch.merge.files import MergedFile, merge_file
from tests.merge.eight import reindent

BASE = """\
services:
  # Stores metrics
  prometheus:
    image: prom:1
    mem_limit: 64m

  # Keeps logs
  # for a week
  loki:
    image: loki:1
    # what is left over
    tmpfs:
      - /tmp:size=1m
      - /run:size=1m
    restart: always

networks: {}
"""


def merged(base: str, ours: str, theirs: str) -> MergedFile:
    return merge_file("compose.yaml", base.encode(), ours.encode(), theirs.encode())


@pytest.mark.parametrize("new", ["prom:2", "'prom:2'", '"prom:2"'])
def test_a_new_value_is_quoted_as_where_it_comes_from(new: str) -> None:
    ours = BASE.replace("image: prom:1", "image: prom:1 # mine")
    result = merged(BASE, ours, BASE.replace("image: prom:1", f"image: {new}"))
    assert result == MergedFile(ours.replace("image: prom:1", f"image: {new}").encode())


def test_a_comment_in_what_goes_stays_above_it() -> None:
    ours = BASE.replace("    restart: always\n", "    # OPS-9: since the incident\n    restart: always # mine\n")
    theirs = BASE.replace(BASE[BASE.index("  # Keeps logs") : BASE.index("networks:")], "")
    result = merged(BASE, ours, theirs)
    assert result.conflicts == ()
    text = result.data.decode()
    assert "loki" not in text
    assert "# OPS-9: since the incident\n" in text
    assert "# mine\n" in text


@pytest.mark.parametrize("wide", [False, True], ids=["as it was", "re-indented"])
def test_a_generated_comment_goes_with_what_it_stands_above(wide: bool) -> None:
    theirs = BASE.replace(BASE[BASE.index("  # Keeps logs") : BASE.index("networks:")], "")
    ours = reindent(BASE) if wide else BASE.replace("mem_limit: 64m", "mem_limit: 80m")
    result = merged(BASE, ours, theirs)
    wanted = reindent(theirs) if wide else theirs.replace("mem_limit: 64m", "mem_limit: 80m")
    assert (result.data.decode(), result.conflicts) == (wanted, ())


def test_a_person_s_comment_above_what_goes_stays() -> None:
    ours = reindent(BASE).replace("    # Keeps logs\n", "    # OPS-10: ask Eva\n    # Keeps logs\n")
    theirs = BASE.replace(BASE[BASE.index("  # Keeps logs") : BASE.index("networks:")], "")
    result = merged(BASE, ours, theirs)
    assert result.conflicts == ()
    assert "# OPS-10: ask Eva\n" in result.data.decode()
    assert "Keeps logs" not in result.data.decode()


def test_comments_that_are_indented_more_go_with_their_entry() -> None:
    base = BASE.replace("    restart: always\n", "    restart: always\n    # nothing more\n")
    theirs = base.replace(base[base.index("  # Keeps logs") : base.index("networks:")], "")
    ours = base.replace("mem_limit: 64m", "mem_limit: 80m").replace("restart: always", "restart: always # mine")
    text = merged(base, ours, theirs).data.decode()
    assert "# mine\n" in text
    assert "nothing more" not in text


def test_of_two_ways_to_write_it_the_one_that_loses_fewer_lines_counts() -> None:
    """The merge by line puts two items between others whose place they then have to give up."""
    base = "route:\n  routes:\n    # one\n    - matchers: [a=b]\n    # two\n    - matchers: [c=d]\nreceivers: []\n"
    ours = base.replace("receivers", "    # mine\n    - {name: x}\nreceivers")
    theirs = base.replace("    # two", "    - {name: y}\n    - {name: z}\n    # two")
    result = merge_file("alertmanager.yml", base.encode(), ours.encode(), theirs.encode())
    for line in ours.split("\n"):
        assert line in result.data.decode().split("\n")


ROUTES = """\
route:
  receiver: x
  routes:
    # wakes
    - matchers: [severity="critical"]   # at once
      receiver: x

    # waits
    - matchers: [severity="warning"]
      receiver: y
    - matchers: [severity="info"]
      receiver: z
receivers: []
"""


@pytest.mark.parametrize("wide", [False, True], ids=["as it was", "re-indented"])
def test_items_in_another_order_move_as_they_stand(wide: bool) -> None:
    """What the spec reorders keeps the person's comments, quotes and values, and comes in one piece."""
    first, second = (
        '    # wakes\n    - matchers: [severity="critical"]   # at once\n      receiver: x\n',
        ('\n    # waits\n    - matchers: [severity="warning"]\n      receiver: y\n'),
    )
    assert first + second in ROUTES
    theirs = ROUTES.replace(first + second, second[1:] + "\n" + first).replace("receiver: z", "receiver: new")
    ours = ROUTES.replace("receiver: y", "receiver:   mine # OPS-3")
    shaped = reindent(ours) if wide else ours
    result = merge_file("alertmanager.yml", ROUTES.encode(), shaped.encode(), theirs.encode())
    assert result.conflicts == ()
    found = parse("", result.data)
    assert [route["receiver"] for route in found.data["route"]["routes"]] == ["mine", "x", "new"]
    gone = set(shaped.split("\n")) - set(result.data.decode().split("\n"))
    assert {line.strip() for line in gone} == {"receiver: z"}


def test_what_would_lose_a_comment_is_refused_and_listed() -> None:
    base = "services:\n  web:\n    cap_drop: [A, B, C]\n    image: web:1\n"
    ours = base.replace("[A, B, C]", "[\n      A, # why A\n      B, # why B\n      C,\n    ]")
    theirs = base.replace("[A, B, C]", "[B, C]").replace("web:1", "web:2")
    result = merged(base, ours, theirs)
    text = result.data.decode()
    assert "# why A" in text
    assert "# why B" in text
    assert "image: web:2" in text
    assert all(conflict.why for conflict in result.conflicts)


@pytest.mark.parametrize("broken", ["mem_limit: 65m", "mem_limit: [", "mem_limit: 64m\n    mem_limit: 64m"])
def test_nothing_is_written_that_means_something_else(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Whatever goes wrong while the text is changed is seen when it is read again."""
    ours = BASE.replace("    restart: always\n", "    restart: always # mine\n")
    theirs = BASE.replace("    restart: always\n", "    labels: {a: b}\n")
    real = blocks.apply
    monkeypatch.setattr(blocks, "apply", lambda *args: real(*args).replace("mem_limit: 64m", broken))
    monkeypatch.setattr(inline, "apply", lambda text, *_: text)  # So that no later round mends it.
    result = merged(BASE, ours, theirs)
    assert result.data.decode() == ours
    assert result.conflicts
    assert all("cannot be written there" in conflict.why for conflict in result.conflicts)


def test_new_entries_come_in_the_file_s_own_indentation() -> None:
    new = "\n  # Sends\n  alertmanager:\n    image: am:1\n    command: |\n      a\n        b\n    tmpfs: {a: 1}\n"
    theirs = BASE.replace("    restart: always\n", f"    restart: always\n{new}")
    result = merged(BASE, reindent(BASE), theirs)
    assert result.conflicts == ()
    wide = (
        "\n    # Sends\n    alertmanager:\n        image: am:1\n        command: |\n          a\n            b\n"
        "        tmpfs: {a: 1}\n"
    )
    assert result.data.decode() == reindent(BASE).replace("    restart: always\n", f"    restart: always\n{wide}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[A]", "[B]"), ("[A, B]", "[C, B]"), ("[A, B]", "[C, D, B]"), ("[A, B, C]", "[A, C, D]"), ("[A, B]", "[C]"),
        ("[A, B, C]", "[X, B, Y]"), ("[A]", "[B, C, A]"), ("[A, B, C]", "[B]"),
    ],
)  # fmt: skip
def test_items_of_one_line_come_and_go_in_one_round(before: str, after: str) -> None:
    """What comes in moves what goes: nothing is taken out by an index of before."""
    ours = BASE.replace("    restart: always\n", f"    cap_add: {before} # mine\n")
    base, theirs = (BASE.replace("    restart: always\n", f"    cap_add: {items}\n") for items in (before, after))
    result = merged(base, ours, theirs)
    assert (result.data.decode(), result.conflicts) == (ours.replace(before, after), ())


def test_a_value_within_an_item_that_moves_on() -> None:
    """One goes before it, one comes before it, and something within it changes."""
    items = "{matchers: [a=b], receiver: x}", "{matchers: [c=d], receiver: y}", "{matchers: [e=f], receiver: z}"
    base = f"route:\n  routes: [{items[0]}, {items[1]}]\nreceivers: []\n"
    theirs = f"route:\n  routes: [{items[2]}, {items[1].replace('y', 'new')}]\nreceivers: []\n"
    result = merge_file("alertmanager.yml", base.encode(), f"{base}# mine\n".encode(), theirs.encode())
    assert (result.data.decode(), result.conflicts) == (f"{theirs}# mine\n", ())


ORDER = """\
route:
  receiver: x
  routes:
    - matchers: [severity="critical"]
      receiver: x
    - matchers: [severity="warning"]
      receiver: y
receivers: []
templates: [a, b, c]
"""
NEW = '    - matchers: [severity="new"]\n      receiver: new\n'


FIRST = '    - matchers: [severity="critical"]\n      receiver: x\n'
SECOND = '    - matchers: [severity="warning"]\n      receiver: y\n'


@pytest.mark.parametrize("reorder", [False, True], ids=["one comes in between", "they change places"])
def test_an_order_arrives_too_where_something_else_cannot_be_written(reorder: bool) -> None:
    """Alertmanager takes the first route that fits: one in another place is another answer."""
    ours = ORDER.replace("[a, b, c]", "[\n    a, # why a\n    b,\n    c,\n  ]")
    ours = ours.replace("receiver: x\n", "receiver: x # mine\n")
    routes = SECOND + FIRST if reorder else FIRST + NEW + SECOND
    theirs = ORDER.replace(FIRST + SECOND, routes).replace("[a, b, c]", "[b, c]")
    assert theirs.count("receiver: ") == ORDER.count("receiver: ") + (not reorder)
    result = merge_file("alertmanager.yml", ORDER.encode(), ours.encode(), theirs.encode())
    assert [(conflict.key, bool(conflict.why)) for conflict in result.conflicts] == [("templates[item=a]", True)]
    found, wanted = (parse("", text).data["route"]["routes"] for text in (result.data, theirs.encode()))
    assert found == wanted
    assert result.data.count(b"# mine") == 2 and b"# why a" in result.data
