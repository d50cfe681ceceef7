"""Every byte of the person's file that need not change stays: byte order mark, line ends, tabs, markers, anchors."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from midwatch.check.document import parse
from midwatch.merge import ending
from midwatch.merge.files import merge_file
from tests.merge.eight import Case, cases

FAR = [case for case in cases() if case.name in ("far-apart keys", "neighbouring keys")]
Shape = Callable[[str], bytes]


def _plain(change: Callable[[str], str]) -> Shape:
    return lambda text: change(text).encode()


def _some_windows_lines(text: str) -> bytes:
    lines = text.split("\n")
    ends = ["\r\n" if number % 3 == 0 else "\n" for number in range(len(lines) - 1)]
    return "".join(line + end for line, end in zip(lines[:-1], ends, strict=True)).encode()


def _tabs(text: str) -> str:
    """In a comment of its own, in one behind a value, and (where ruamel.yaml can read that) before it."""
    first, *rest = text.split("\n")
    # Its parser in C refuses `[loki:3100]`, and its other one a tab before a comment.
    gap = " " if re.search(r"\[\w+:\d+\]", text) else "\t"
    lines = [re.sub(r"^(\s+[\w-]+: \w+)$", rf"\1{gap}# a\ttab", line) for line in rest]
    return "\n".join([first, "#\tcolumn\tcolumn", *lines])


SHAPES: dict[str, Shape] = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "both of them": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "some windows line ends": _some_windows_lines,
    "tabs in comments": _plain(_tabs),
    "document start": _plain(lambda text: f"---\n{text}"),
    "comment above the document start": _plain(lambda text: f"# ours\n---\n{text}"),
    "directive": _plain(lambda text: f"%YAML 1.2\n---\n{text}"),
    "document end": _plain(lambda text: f"{text}...\n"),
    "no line end at the end": _plain(lambda text: text.rstrip("\n")),
    "many blank lines": _plain(lambda text: re.sub(r"\n\n", "\n\n\n\n", f"\n\n{text}\n\n")),
    "spaces at line ends": _plain(lambda text: re.sub(r"(?m)^([\w-]+:)$", r"\1   ", text)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", FAR, ids=[f"{case.format}: {case.name}" for case in FAR])
def test_all_but_the_changed_value_stays(case: Case, shape: str) -> None:
    """Ours has this shape, theirs changes another value: ours comes out with that value, and not a byte else."""
    as_shaped = SHAPES[shape]
    ours = as_shaped(case.ours)
    assert not parse("", ours).problems
    assert ours != case.ours.encode()
    merged = merge_file(case.file, case.base.encode(), ours, case.theirs.encode())
    assert merged.conflicts == ()
    assert merged.data == as_shaped(case.expected)


ANCHORED = """\
x-common: &common # shared
  restart: unless-stopped
  logging: &logs {driver: json-file}

services:
  web:
    <<: *common
    image: web:1
    mem_limit: 64m
  db:
    <<: [*common] # the same
    image: db:1
    logging: *logs
"""


def merged_with(ours: str, theirs: str) -> tuple[str, list[str]]:
    merged = merge_file("compose.yaml", ANCHORED.encode(), ours.encode(), theirs.encode())
    return merged.data.decode(), [conflict.key for conflict in merged.conflicts]


def test_what_is_anchored_and_what_stands_for_it_stays() -> None:
    ours = ANCHORED.replace("image: web:1", "image:   web:1   # mine").replace("mem_limit: 64m", "mem_limit: 80m")
    theirs = ANCHORED.replace("image: db:1", "image: db:2")
    assert merged_with(ours, theirs) == (ours.replace("image: db:1", "image: db:2"), [])


def test_a_change_of_the_anchored_value_is_made_at_the_anchor_alone() -> None:
    ours = ANCHORED.replace("image: web:1", "image: web:1 # mine")
    theirs = ANCHORED.replace("restart: unless-stopped", "restart: always")
    assert merged_with(ours, theirs) == (ours.replace("restart: unless-stopped", "restart: always"), [])
    theirs = ANCHORED.replace("driver: json-file", "driver: local")
    assert merged_with(ours, theirs) == (ours.replace("driver: json-file", "driver: local"), [])


def test_where_only_one_of_them_changes_it_is_written_out_there() -> None:
    """The generated file has no anchors; ours wrote them in; what is new concerns one service."""
    spelled = """\
services:
  web:
    image: web:1
    restart: unless-stopped
    logging: {driver: json-file}
  db:
    image: db:1
    restart: unless-stopped
    logging: {driver: json-file}
"""
    ours = """\
services:
  web:
    image: web:1
    restart: unless-stopped
    logging: &logs {driver: json-file} # one for all
  db:
    image: db:1
    restart: unless-stopped
    logging: *logs
"""
    theirs = spelled.replace("json-file}\n", "local}\n", 2).replace("local}", "json-file}", 1)
    assert theirs.index("local") > theirs.index("db:")
    merged = merge_file("compose.yaml", spelled.encode(), ours.encode(), theirs.encode())
    assert merged.conflicts == ()
    text = merged.data.decode()
    assert "    logging: &logs {driver: json-file} # one for all\n" in text
    assert text.replace(text[text.rindex("    logging:") :], "") == ours[: ours.rindex("    logging:")]
    assert parse("", merged.data).get("services", "db", "logging", "driver") == "local"
    assert parse("", merged.data).get("services", "web", "logging", "driver") == "json-file"


def test_a_key_that_a_merge_key_gives_is_written_where_it_differs() -> None:
    ours = ANCHORED.replace("mem_limit: 64m", "mem_limit: 80m")
    theirs = ANCHORED.replace("    image: db:1\n", "    image: db:1\n    restart: always\n")
    text, conflicts = merged_with(ours, theirs)
    assert conflicts == []
    data = parse("", text.encode()).data["services"]
    assert (data["db"]["restart"], data["web"]["restart"]) == ("always", "unless-stopped")
    assert text.replace("    restart: always\n", "") == ours


@pytest.mark.parametrize("more", ["---\nname: other\n", "...\n---\nname: other\n"])
def test_several_documents_are_not_merged_but_kept(more: str) -> None:
    case = FAR[0]
    ours = (case.ours + more).encode()
    merged = merge_file(case.file, case.base.encode(), ours, case.theirs.encode())
    assert merged.data == ours
    (conflict,) = merged.conflicts
    assert "several documents" in conflict.why


@pytest.mark.parametrize(
    ("ours", "result", "wanted"),
    [
        # Most lines end like this, so does a new one.
        (b"a\r\nb\r\nc\n", "a\nb\nnew\nc\n", b"a\r\nb\r\nnew\r\nc\n"),
        (b"a\r\nb\nc\n", "a\nb\nnew\nc\n", b"a\r\nb\nnew\nc\n"),
        # As many of one kind as of the other: the simple one.
        (b"a\r\nb\n", "a\nb\nnew\n", b"a\r\nb\nnew\n"),
        # One in the place of another ends as that did.
        (b"a\r\nb\nc\r\n", "a\nnew\nc\n", b"a\r\nnew\nc\r\n"),
        (b"a\nb\r\nc\n", "a\nnew\nc\n", b"a\nnew\r\nc\n"),
        # Two in the place of one are new.
        (b"a\r\nb\nc\r\n", "a\none\ntwo\nc\n", b"a\r\none\r\ntwo\r\nc\r\n"),
        (b"a\r\nb\nc\r\n", "a\nc\n", b"a\r\nc\r\n"),
        # No line end at the end, there or here.
        (b"a\r\nb", "a\nb\n", b"a\r\nb\n"),
        (b"a\r\nb\r\n", "a\nnew", b"a\r\nnew"),
    ],
)
def test_each_line_keeps_the_end_that_it_had(ours: bytes, result: str, wanted: bytes) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        assert ending.like(mark + ours, ending.plain(mark + ours), result) == mark + wanted


SHARED = "services:\n  web: &web\n    image: web:1\n    restart: always\n  db:\n    <<: *web\n    image: db:1\n"
SPELLED = "services:\n  web:\n    image: web:1\n    restart: always\n  db:\n    restart: always\n    image: db:1\n"


def test_what_a_merge_key_gives_cannot_be_taken_out_of_one_place_alone() -> None:
    """There is no way to write it there that does not change more, so it is listed and said why."""
    theirs = SPELLED.replace("    restart: always\n    image: db:1\n", "    image: db:2\n")
    merged = merge_file("compose.yaml", SPELLED.encode(), SHARED.encode(), theirs.encode())
    assert merged.data.decode() == SHARED.replace("db:1", "db:2")
    assert [(one.key, "cannot be written" in one.why) for one in merged.conflicts] == [("services.db.restart", True)]


def test_what_goes_at_the_anchor_goes_where_it_is_used_too() -> None:
    """The anchor first; what it gave elsewhere is then gone already."""
    theirs = SPELLED.replace("    restart: always\n", "")
    merged = merge_file("compose.yaml", SPELLED.encode(), SHARED.encode(), theirs.encode())
    assert (merged.data.decode(), merged.conflicts) == (SHARED.replace("    restart: always\n", ""), ())


def test_beside_a_comment_too_the_anchor_alone_changes() -> None:
    """Where the lines clash it is the edit that has to leave what stands for the anchor as it is."""
    ours = ANCHORED.replace("{driver: json-file}", "{driver: json-file} # OPS-4")
    theirs = ANCHORED.replace("driver: json-file", "driver: local")
    assert merged_with(ours, theirs) == (ours.replace("driver: json-file", "driver: local"), [])


def test_a_line_that_comes_to_an_anchored_list_comes_once() -> None:
    """What stands for the list has it with that, and is not written out."""
    spelled = "services:\n  web:\n    tmpfs:\n      - /tmp\n  db:\n    tmpfs:\n      - /tmp\n"
    ours = "services:\n  web:\n    tmpfs: &tmp # shared\n      - /tmp\n  db:\n    tmpfs: *tmp\n"
    theirs = spelled.replace("      - /tmp\n", "      - /tmp\n      - /run\n")
    merged = merge_file("compose.yaml", spelled.encode(), ours.encode(), theirs.encode())
    assert (merged.data.decode(), merged.conflicts) == (ours.replace("- /tmp\n", "- /tmp\n      - /run\n"), ())


def test_a_file_of_which_nothing_would_be_left_is_left_to_a_person() -> None:
    merged = merge_file("a.yaml", b"a: 1\n", b"a: 1 # mine\n", b"{}\n")
    assert merged.data == b"a: 1 # mine\n"
    assert all("cannot be written" in one.why for one in merged.conflicts) and merged.conflicts


def test_items_on_one_line_are_written_anew_in_their_order() -> None:
    """They cannot move as lines do."""
    base = "route:\n  routes: [{matchers: [a=b], receiver: x}, {matchers: [c=d], receiver: y}]\nreceivers: []\n"
    theirs = "route:\n  routes: [{matchers: [c=d], receiver: y}, {matchers: [a=b], receiver: x}]\nreceivers: []\n"
    ours = base.replace("receivers: []", "receivers: [] # mine")
    for shaped in (ours, ours.replace("  routes", "      routes")):
        merged = merge_file("alertmanager.yml", base.encode(), shaped.encode(), theirs.encode())
        assert merged.conflicts == ()
        found = parse("", merged.data).data
        assert [one["receiver"] for one in found["route"]["routes"]] == ["y", "x"]
        assert b"receivers: [] # mine\n" in merged.data
