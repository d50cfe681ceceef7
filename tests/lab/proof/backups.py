"""Each store comes back from its backup; a damaged repository is refused; a killed sidecar leaves a whole one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import pytest

from tests.lab.backups import DAMAGES, STORES, kill, refused, round_trip, seed, settled
from tests.lab.cache import LabError, say
from tests.lab.engine import Engine
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import running

KILLS = 12
_T = TypeVar("_T")


def record(engine: Engine) -> tuple[Data, Images]:
    chance = random.Random(7)
    with running(engine, "sva-studio") as stack:
        settled(stack)
        one = seed(stack)
        spec = stack.plan.spec.backup
        data: Data = {
            "rpo": spec.rpo,
            "rto": spec.rto,
            "stores": _each("restore", STORES, lambda store: round_trip(stack, one, store)),
            "damages": _each("damage", DAMAGES, lambda damage: refused(stack, one, "redis", damage)),
            "kills": _each("kill", range(KILLS), lambda _: kill(stack, "redis", 0.3 + chance.random() * 6)),
        }
        return data, stack.images


def _each(what: str, items: Sequence[_T], work: Callable[[_T], Any]) -> list[dict[str, Any]]:
    """What each gave, or why it gave nothing."""
    found = []
    for item in items:
        name = getattr(item, "name", str(item))
        try:
            found.append(asdict(work(item)))
        except (pytest.fail.Exception, AssertionError, LabError) as error:
            found.append({"name": name, "error": str(error)})
        say(f"{what} {name}: {found[-1].get('error', 'well')}")
    return found


def show(data: Data) -> list[str]:
    rows = [
        [one["name"], f"**not back**: {one['error'].splitlines()[0]}", "", "", "", ""]
        if "error" in one
        else [one["store"], f"{one['items']} {one['unit']}, all as they were", f"{one['age']:.0f} s",
              f"{one['saved']:.1f} s", f"{one['back']:.1f} s", str(one["verified"])]
        for one in data["stores"]
    ]  # fmt: skip
    bad = [
        [one["name"], f"**not refused**: {one['error'].splitlines()[0]}", "", ""]
        if "error" in one
        else [one["name"], one["how"], f"`{one['said']}`", f"{one['paged']:.0f} s"]
        for one in data["damages"]
    ]
    good = [one for one in data["kills"] if "error" not in one]
    under_way = [one for one in good if one["running"]]
    longest = max((one["next"] for one in good), default=0.0)
    moments = ", ".join(f"{one['after']:.1f}" for one in sorted(under_way, key=lambda one: one["after"]))
    return [
        f"Known data in each store, a backup, its restore test; then the volume is removed, with every container that "
        f"mounts it, and `./ops restore STORE` brings it back. Goals: compared by content, everything is there; the "
        f"data is at most {data['rpo']} s old (RPO), the way back takes at most {data['rto']} s (RTO). Every key with "
        "its value, every line, every silence in all its fields, every sample of every series in two minutes.", "",
        *table(["store", "what came back", "age of the data", "backup took", "restore took (RTO)",
                "items that the restore test found"], rows),
        "", "A damaged repository, of Redis. `./ops restore` has to refuse before it touches anything (the data and "
        "the start of the container are compared), and after two failed restore tests the alert `RestoreTestFailing` "
        "has to fire.", "",
        *table(["repository", "what was done to it", "why it was refused", "alert after"], bad),
        "", f"`docker kill` of `backup-redis` at {len(data['kills'])} moments, {len(under_way)} of them while a backup "
        f"was under way (after {moments} s): {len(good)} times `restic check` finds nothing wrong with the repository "
        f"and the next backup succeeds (in {longest:.0f} s at most).",
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    failed = [f"{one['name']}: {one['error'].splitlines()[0]}" for part in ("stores", "damages", "kills")
              for one in data[part] if "error" in one]  # fmt: skip
    for one in data["stores"]:
        if "error" not in one and (one["back"] > data["rto"] or one["age"] > data["rpo"]):
            failed.append(f"{one['store']}: back after {one['back']} s, data {one['age']} s old")
    return failed


SECTION = Section("backups", 70, "A backup is what has been restored", record, show, problems)
