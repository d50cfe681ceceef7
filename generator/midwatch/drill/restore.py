"""``midwatch drill restore``: a volume is lost on purpose, and comes back.

For each store: put known data in, back it up, try that backup out, remove the volume, restore that backup by
``./ops restore``, and compare what is there with what was. Nothing is removed before the backup of a moment ago has
been restored into scratch space and used: that one by its ID, since where a store holds far less than it did, the
newest good one is older.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from midwatch.drill.witness import WITNESSES, Stack, Witness, word
from midwatch.errors import MidwatchError, ProgramError, TargetError
from midwatch.plan.model import Plan

_SETTLE = 12.0
"""Seconds for what was just sent to arrive, and for a scrape that is under way."""
_LONGEST = 3600


@dataclass(frozen=True, slots=True)
class Drilled:
    """How one store fared. ``age`` is how old its data was when the volume was lost: what a loss would have cost."""

    store: str
    unit: str
    items: int
    backup_seconds: float
    restore_seconds: float
    age_seconds: float
    same: bool
    problem: str = ""


def stores_of(plan: Plan, wanted: Sequence[str]) -> tuple[str, ...]:
    """The stores to drill, all where none is named. Raises MidwatchError for a name that is none."""
    known = tuple(service.saves for service in plan.services if service.saves in WITNESSES)
    for name in wanted:
        if name not in known:
            raise MidwatchError(f"there is no store '{name}'", hint=f"there are: {', '.join(known)}")
    return tuple(wanted) or known


def refuse(plan: Plan, really: bool) -> None:
    """Raises MidwatchError in production, unless it was asked for by name."""
    if plan.environment == "production" and not really:
        raise MidwatchError(
            "this is production: the drill removes volumes, and what is written meanwhile is lost",
            hint="on a copy of the stack with 'environment: staging', or here with --in-production",
        )


def restore(folder: Path, plan: Plan, stores: Sequence[str], told: Callable[[str], None]) -> list[Drilled]:
    """Drill one store after the other; it ends at the first that does not come back. ``told`` gets each step.

    Raises TargetError where there is no generated stack, ProgramError where Docker or a program of the stack fails.
    """
    if not (folder / "ops").is_file():
        raise TargetError(f"there is no generated stack in {folder.absolute()}", hint="run 'midwatch generate' first")
    done: list[Drilled] = []
    for store in stores:
        done.append(_one(Stack(folder), plan, store, WITNESSES[store], told))
        if not done[-1].same:
            break
    return done


def _one(stack: Stack, plan: Plan, store: str, witness: Witness, told: Callable[[str], None]) -> Drilled:
    mark = word()
    witness.seed(stack, mark)
    time.sleep(_SETTLE)
    at = time.time() - 1
    before = witness.read(stack, mark, at)
    if not before:
        raise ProgramError(f"{store}: what was put in is not there", hint="is it healthy? ./ops status")
    told(f"{store}: {len(before)} {witness.unit} are known")
    taken = time.time()
    saving = _ops(stack, "backup", store)
    told(f"{store}: saved in {saving:.0f} s")
    backup = _job(stack, store, "last").strip()
    _job(stack, store, "fetch", backup)
    told(f"{store}: the backup, {backup}, was restored as a test and is good; now the volume is removed")
    lost = time.time()
    stack.compose("rm", "--stop", "--force", store, f"backup-{store}")
    for volume in plan.service(store).volumes:
        _remove(f"{plan.name}_{volume.name}")
    try:
        restoring = _ops(stack, "restore", store, "--from", backup, "--yes")
    except ProgramError as error:
        hint = f"the volume is gone, its backup is not: ./ops restore {store} --from {backup}"
        raise ProgramError(error.message, hint=hint) from error
    after = _read_again(stack, witness, mark, at, before)
    missing = len(set(before) - set(after))
    problem = "" if after == before else f"{missing} of {len(before)} {witness.unit} are not as they were"
    told(f"{store}: {problem or 'all is as it was'}, {restoring:.0f} s")
    return Drilled(
        store, witness.unit, len(before), round(saving, 1), round(restoring, 1), round(lost - taken, 1), not problem,
        problem,
    )  # fmt: skip


def _read_again(stack: Stack, witness: Witness, mark: str, at: float, before: Sequence[str]) -> Sequence[str]:
    """What is there now; a store may take a moment after its start until it answers."""
    for _ in range(10):
        try:
            after = witness.read(stack, mark, at)
        except ProgramError:
            after = ()
        if after == before:
            break
        time.sleep(2)
    return after


def _job(stack: Stack, store: str, *words: str) -> str:
    """What a job of the store's sidecar prints. Raises ProgramError with its last line when it fails."""
    command = ("exec", "-T", f"backup-{store}", "/probe/bin/sh", "/backup/run.sh", *words)
    return stack.compose(*command, longest=_LONGEST)


def _ops(stack: Stack, *words: str) -> float:
    """Run ``./ops``; how many seconds it took. Raises ProgramError with its last line when it fails."""
    began = time.monotonic()
    done = subprocess.run(
        ["/bin/sh", "./ops", *words], cwd=stack.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", timeout=_LONGEST, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise ProgramError(f"./ops {' '.join(words)}: {last[0]}")
    return time.monotonic() - began


def _remove(volume: str) -> None:
    done = subprocess.run(["docker", "volume", "rm", volume], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise ProgramError(f"docker volume rm {volume}: {done.stderr.strip()}")
