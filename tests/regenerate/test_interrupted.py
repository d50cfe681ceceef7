"""The old tree or the new one, never a mix: whatever file system call fails, and whenever the process is killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.errors import TargetError
from midwatch.regenerate import unsettled
from midwatch.regenerate.amend import amend
from midwatch.regenerate.journal import pending
from midwatch.regenerate.write import recover
from tests.regenerate.conftest import END, OLD, START, edit_by_hand, leftovers, put

CALLS = ("open", "write", "fsync", "fchmod", "close", "replace", "rename", "link", "unlink", "mkdir", "rmdir")
"""Every call with which a write changes the disk."""

os_close: object = os.close


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours may run after it."""


class Failing:
    """Lets the calls of ``os`` fail from the n-th on, once or for good."""

    def __init__(
        self, patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], *, lasting: bool
    ) -> None:
        self.count = 0
        for name in CALLS:
            patch.setattr(os, name, self._wrap(getattr(os, name), at, error, lasting))

    def _wrap(self, real: Callable[..., object], at: int, error: Callable[[], BaseException], lasting: bool) -> object:
        def call(*args: object, **kwargs: object) -> object:
            self.count += 1
            if self.count == at or (lasting and self.count > at):
                if real is os_close:
                    real(*args)  # Whatever close says, the handle is gone after it; also when the process ends.
                raise error()
            return real(*args, **kwargs)

        return call


def start(project: Path) -> None:
    """The project as it was generated, with hand edits that the next write has to merge."""
    put(project, START)
    edit_by_hand(project)


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def calls(project: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many calls the change from START to END takes, hand edits merged; the project holds START."""
    start(project)
    trial = project.parent / "trial"
    shutil.copytree(project, trial, symlinks=True)
    with monkeypatch.context() as patch:
        failing = Failing(patch, 0, full, lasting=False)
        put(trial, END, version="2")
    assert failing.count > 60, "the calls are counted"
    return failing.count


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk need not be waited for hundreds of times; that it would be asked is still counted."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def again(project: Path) -> None:
    """The project as it was before END."""
    pristine = project.parent / "pristine"
    if not pristine.exists():
        shutil.copytree(project, pristine, symlinks=True)
    shutil.rmtree(project)
    shutil.copytree(pristine, project, symlinks=True)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_failure_at_every_call_leaves_one_tree(
    project: Path, calls: int, both: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    seen = {"old": 0, "new": 0}
    for at in range(1, calls + 1):
        again(project)
        with monkeypatch.context() as patch:
            Failing(patch, at, full, lasting=lasting)
            try:
                put(project, END, version="2")
                said = ""
            except TargetError as error:
                said = f"{error.message} {error.hint}"
        if not pending(project):
            state = both(project)
            if "nothing was changed" in said:
                assert state == "old", f"call {at}: {said}"
        recover(project)
        state = both(project)
        seen[state] += 1
        if not said:
            assert state == "new", f"call {at} of {calls} failed, the command said nothing, and the tree is old"
    assert seen["old"] > 20, seen
    assert seen["new"] > 5, seen


def test_a_full_disk_is_named_and_nothing_is_changed(
    project: Path, both: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(project)

    def no_space(handle: int, data: bytes) -> int:
        raise full()

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", no_space)
        with pytest.raises(TargetError, match="the disk is full") as caught:
            put(project, END, version="2")
    assert caught.value.hint == "nothing was changed"
    assert both(project) == "old"
    assert not leftovers(project)


@pytest.mark.parametrize("kill_again", [False, True], ids=["recovery runs through", "recovery is killed too"])
def test_killed_at_every_call_then_recovered(
    project: Path, calls: int, both: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch, kill_again: bool
) -> None:
    outcomes: list[str] = []
    for at in range(1, calls + 1):
        again(project)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            Failing(patch, at, Killed, lasting=True)
            put(project, END, version="2")
        # Without a journal it was killed before the commit point, or while it cleared up after all was done.
        state = "new" if pending(project) else both(project)
        if kill_again:
            _recover_through_kills(project, monkeypatch)
        recover(project)
        assert both(project) == state, f"killed at call {at}"
        outcomes.append(state)
        put(project, END, version="2")
        assert both(project) == "new"
        assert not leftovers(project)
    commit = outcomes.index("new")
    assert commit > 20, "a kill before the commit point leaves the old tree"
    assert set(outcomes[commit:]) == {"new"}, "a kill after the commit point gives the new one"


def _recover_through_kills(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill the recovery at its third call, its sixth and so on: each attempt gets a little further."""
    for at in (3, 6, 9):
        with monkeypatch.context() as patch:
            Failing(patch, at, Killed, lasting=True)
            try:
                recover(project)
            except Killed:
                continue
            return


def test_an_adoption_is_all_or_nothing_wherever_it_is_killed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``adopt`` writes: the spec, fragments, and the list of conflicts."""
    start(project)
    put(project, END, version="2")
    names = ("stack.yaml", "extra/new.yaml", ".midwatch/conflicts.yaml")
    settled = unsettled.read(project)
    assert settled

    def state() -> tuple[bytes | None, ...]:
        return tuple((project / name).read_bytes() if (project / name).exists() else None for name in names)

    old, new = state(), (b"name: new\n", b"a: 1\n", None)
    seen = []
    for at in range(1, 1000):
        again(project)
        with monkeypatch.context() as patch:
            Failing(patch, at, Killed, lasting=True)
            try:
                amend(project, {"stack.yaml": b"name: new\n", "extra/new.yaml": b"a: 1\n"}, settled)
            except Killed:
                pass
            else:
                break
        committed = pending(project)
        recover(project)
        seen.append(state())
        assert seen[-1] == new if committed else seen[-1] in (old, new), f"killed at call {at}"
    assert state() == new
    assert {old, new} <= set(seen)


def test_a_real_kill_at_every_call(project: Path, calls: int, both: Callable[[Path], str]) -> None:
    """SIGKILL in a process of its own: no finally block, no exit handler, no flush."""
    outcomes = {"old": 0, "new": 0}
    for at in range(1, calls + 1, 2):
        again(project)
        child = os.fork()
        if child == 0:
            _die_at(at)
            try:
                put(project, END, version="2")
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"call {at} was reached"
        recover(project)
        outcomes[both(project)] += 1
    assert outcomes["old"] > 10, outcomes
    assert outcomes["new"] > 5, outcomes


def _die_at(at: int) -> None:
    """From now on the ``at``-th call is the last thing that this process does."""
    count = 0

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name)))


def test_a_failing_rename_is_rolled_back_at_once(
    project: Path, both: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the commit point, with the third file not to be put in place: the command itself restores the old tree."""
    start(project)
    real, count = os.replace, 0

    def replace(source: str, target: str) -> None:
        nonlocal count
        if "/new/" in str(source):
            count += 1
            if count == 3:
                raise PermissionError(errno.EACCES, "Permission denied", str(target))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(TargetError, match="could not be put in place"):
            put(project, END, version="2")
    assert count == 3
    assert both(project) == "old"
    assert not (project / "loki").exists(), "no empty folder of the new tree is left"
    assert not leftovers(project)


def test_the_first_tree_of_a_folder_is_whole_or_absent_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(1, 400, 3):
        shutil.rmtree(project)
        project.mkdir()
        with monkeypatch.context() as patch:
            Failing(patch, at, Killed, lasting=True)
            try:
                put(project, OLD)
            except Killed:
                pass
            else:
                return
        recover(project)
        there = [path for path in OLD if (project / path).exists()]
        assert there in ([], list(OLD)), f"killed at call {at}"
    pytest.fail("the write never ended")


def test_an_edit_between_the_kill_and_the_recovery_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(project)
    real = os.replace

    def killed_after_commit(source: str, target: str) -> None:
        real(source, target)
        if str(target).endswith("journal.json"):
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", killed_after_commit)
        put(project, END, version="2")
    assert pending(project)
    (project / "compose.yaml").write_text("services: {mine: {}}\n")
    assert recover(project) == "an interrupted write was finished"
    assert (project / "compose.yaml").read_bytes() == END["compose.yaml"].data
    assert (project / ".midwatch/replaced/compose.yaml").read_text() == "services: {mine: {}}\n"


def test_recovery_that_lost_its_files_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(project)
    real = os.replace

    def killed_after_commit(source: str, target: str) -> None:
        real(source, target)
        if str(target).endswith("journal.json"):
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", killed_after_commit)
        put(project, END, version="2")
    for staging in (project / ".midwatch").glob("staging-*"):
        shutil.rmtree(staging)
    with pytest.raises(TargetError, match=r"could not be recovered: .*compose.yaml"):
        recover(project)
    put(project, END, version="2", force=True)
    assert (project / "compose.yaml").read_bytes() == END["compose.yaml"].data
