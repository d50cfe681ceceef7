"""The differences of a generated project: hand edits, what is pending from the spec, both, and conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from midwatch.check import stack as stacks
from midwatch.check.compare import COMPOSE, as_generated, without_stack
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.stack import File
from midwatch.diff import compare, lines
from midwatch.diff.effects import Effects, effects
from midwatch.diff.model import ABSENT, Change, Diff, Effect, Explained, Origin
from midwatch.diff.sentence import sentence
from midwatch.diff.versions import Versions
from midwatch.errors import TargetError
from midwatch.regenerate.unsettled import Pending

CRLF = "\r\n"
_ON_DISK = (Origin.HAND, Origin.BOTH, Origin.CONFLICT)


def difference(versions: Versions, cause: str = "the spec", unsettled: Sequence[Pending] = ()) -> Diff:
    """Everything that differs, explained. The rules of `check` run only where something on disk was edited.

    ``cause`` says where pending changes come from; ``unsettled`` are conflicts of earlier merges, whose base has moved
    on since.
    """
    found_changes = (change for path in versions.differing() for change in _file(versions, path))
    changes = [_unsettled(change, unsettled) for change in found_changes]
    by_hand = [change for change in changes if change.origin in _ON_DISK]
    found = _effects(versions, by_hand) if by_hand else Effects({}, ())
    numbers = {id(change): index for index, change in enumerate(by_hand)}
    explained = []
    for change in changes:
        own = found.of.get(numbers.get(id(change), -1), ())
        explained.append(Explained(change, sentence(change, own, cause), own))
    return Diff(tuple(explained), found.together)


def _unsettled(change: Change, conflicts: Sequence[Pending]) -> Change:
    """A hand edit at the place of a conflict that nobody has settled is that conflict still."""
    if change.origin is not Origin.HAND:
        return change
    for conflict in conflicts:
        length = min(len(conflict.path), len(change.path))
        if conflict.file == change.file and conflict.path[:length] == change.path[:length]:
            if conflict.path != change.path or not change.path:
                return replace(change, origin=Origin.CONFLICT, wanted=change.before)
            was, wanted = (conflict.values.get(side, ABSENT) for side in ("base", "theirs"))
            return replace(change, origin=Origin.CONFLICT, before=was, wanted=wanted)
    return change


def _effects(versions: Versions, by_hand: list[Change]) -> Effects:
    try:
        after = stacks.read(versions.folder, use_compose=False)
    except TargetError:  # The compose file itself is gone: there is no stack to judge.
        gone = [index for index, change in enumerate(by_hand) if change.file == COMPOSE]
        return Effects({index: (Effect(without_stack()),) for index in gone}, ())
    return effects(as_generated(after, versions.base, versions.differing()), after, by_hand)


def _file(versions: Versions, path: str) -> Iterator[Change]:
    base, ours, theirs = (side.get(path) for side in (versions.base, versions.ours, versions.theirs))
    if path in versions.odd:
        yield _whole(path, "a file", "no regular file", Origin.HAND)
        return
    if base and ours and theirs:
        read = [stacks.file_of(path, side.data) for side in (base, ours, theirs)]
        yield from _content(path, *read)
        if ours.executable != base.executable:
            words = ["executable" if side.executable else "not executable" for side in (base, ours)]
            yield _whole(path, words[0], words[1], Origin.HAND)
        return
    there = [side is not None for side in (base, ours, theirs)]
    data = [side.data if side else None for side in (base, ours, theirs)]
    match there:
        case [True, False, False]:
            return
        case [True, False, True]:  # It stays away, whatever is new in it.
            yield _whole(path, "", ABSENT, Origin.HAND)
        case [True, True, False] if data[0] == data[1]:
            yield _whole(path, "", ABSENT, Origin.SPEC)
        case [True, True, False]:  # It is kept, with what was edited.
            was, now = (stacks.file_of(path, one or b"") for one in data[:2])
            yield from _content(path, was, now, was)
        case [False, False, True]:
            yield _whole(path, ABSENT, "", Origin.SPEC)
        case _:
            yield _whole(path, ABSENT, "", Origin.BOTH if data[1] == data[2] else Origin.CONFLICT)


def _content(path: str, base: File, ours: File, theirs: File) -> Iterator[Change]:
    documents = [side.document for side in (base, ours, theirs)]
    if compare.comparable(documents):
        assert documents[0] and documents[1] and documents[2]
        yield from compare.three(base.kind, documents[0], documents[1], documents[2])
        return
    if ours.text != base.text and ours.text.splitlines() == base.text.splitlines() and CRLF in ours.text:
        yield _whole(path, "its line ends", "those of Windows", Origin.HAND)
    broken = base.document is not None and theirs.text != base.text
    for change in lines.three(path, base.kind, base.text, ours.text, theirs.text):
        if not broken:
            yield change
        elif change.origin is not Origin.SPEC:  # It cannot be merged: nothing that is new comes in.
            yield replace(change, origin=Origin.CONFLICT)


def _whole(path: str, before: object, after: object, origin: Origin) -> Change:
    return Change(path, Kind.OTHER, (), before, after, origin, Position(path))
