"""Which comment goes with which edit, and which conflicts an adoption settles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from midwatch.adopt.adoption import Adopted, Adoption, Kept
from midwatch.adopt.notes import notes
from midwatch.adopt.settled import settled
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.diff.model import ABSENT, Change, Explained, Origin
from midwatch.merge.path import Item, Path, Step
from midwatch.regenerate.unsettled import Pending
from midwatch.render.model import File

FILE = "loki/loki.yaml"


def edit(*path: Step, line: int = 1, file: str = FILE) -> Explained:
    change = Change(file, Kind.LOKI, path, 1, 2, Origin.HAND, Position(file, line, 1))
    return Explained(change, f"{path} (by hand)")


def noted(text: str, *lines: int) -> tuple[str, ...]:
    edits = [edit(str(line), line=line) for line in lines]
    return tuple(comment for _, comment in notes(edits, File(b"generated: 1\n"), File(text.encode())))


@pytest.mark.parametrize(("gap", "told"), [(0, True), (1, True), (2, True), (3, False)])
def test_a_comment_is_about_what_stands_at_most_three_lines_below(gap: int, told: bool) -> None:
    text = "# OPS-1\n" + "other: 1\n" * gap + "a: 2\n"
    assert bool(noted(text, gap + 2)) is told


def test_a_comment_is_about_the_nearest_edit_below_it_and_never_about_one_above() -> None:
    first, second = noted("a: 2 # why a\n# why b\nb: 2\n# after\n", 1, 3)
    assert first.endswith("(by hand): why a") and second.endswith("(by hand): why b")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # Above what holds it, and beside another key.
        ("# ours, ask Eva\nprometheus:\n  pids: 2\n", 3),
        ("    # ours, ask Eva\n    prometheus:\n      pids: 2\n", 3),
        ("other: 1 # ask Eva\na: 2\n", 2),
    ],
)
def test_a_comment_of_something_else_is_no_reason(text: str, line: int) -> None:
    assert noted(text, line) == ()


def test_nothing_is_said_beside_what_is_gone() -> None:
    """Its place is that of what held it, and so is a comment there."""
    gone = replace(edit("prometheus", line=2), change=replace(edit("prometheus", line=2).change, after=ABSENT))
    ours = File(b"# ours, ask Eva\nprometheus:\n  pids: 2\n")
    assert [comment for _, comment in notes([gone], File(b"generated: 1\n"), ours)] == [f"# {gone.sentence}"]


def test_a_comment_that_was_generated_is_nobodys() -> None:
    edits = [edit("a", line=2)]
    base, ours = File(b"# as it was\na: 1\n"), File(b"# as it was\na: 2\n")
    assert notes(edits, base, ours) == ()
    assert notes(edits, None, ours) == notes(edits, base, None) == ()


JOB, LIMITS = Item("job_name", "shop"), ("limits",)


@pytest.mark.parametrize(
    ("adopted", "kept", "conflict", "over"),
    [
        ((LIMITS,), (), LIMITS, True),
        # Below it, and around it.
        (((*LIMITS, "a"),), (), LIMITS, True),
        ((LIMITS,), (), (*LIMITS, "a"), True),
        ((("other",),), (), LIMITS, False),
        (((JOB, "a"),), (), (Item("job_name", "web"), "a"), False),
        # One of two edits in its place stays a hand edit: so does the conflict.
        (((*LIMITS, "a"),), ((*LIMITS, "b"),), LIMITS, False),
        (((*LIMITS, "a"),), (("other",),), LIMITS, True),
        ((), (LIMITS,), LIMITS, False),
        # Lines are one thing, keys another.
        (((),), (), (), True),
        (((),), (), LIMITS, False),
        ((LIMITS,), (), (), False),
    ],
)
def test_a_conflict_is_settled_by_what_is_adopted_in_its_place(
    adopted: tuple[Path, ...], kept: tuple[Path, ...], conflict: Path, over: bool
) -> None:
    adoption = Adoption(
        {},
        tuple(Adopted(edit(*path), "retention.logs") for path in adopted),
        tuple(Kept(edit(*path), "no key for it") for path in kept),
    )
    here, elsewhere = (Pending(file, conflict, 1, {}) for file in (FILE, "other.yaml"))
    assert settled(adoption, [here, elsewhere]) == ((here,) if over else ())
