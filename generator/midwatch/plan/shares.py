"""Memory, cpus and disk: what each service and volume gets of the host's budget, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from midwatch.errors import Problem, SpecError
from midwatch.plan.budget import Request, TooSmallError, allocate
from midwatch.plan.catalogue import Component, Need
from midwatch.plan.facts import derive
from midwatch.plan.guests import NOBODY, Guests
from midwatch.plan.model import Budget
from midwatch.spec.model import Spec
from midwatch.spec.quantity import readable_size

MIB = 1024**2
GIB = 1024**3

# What is kept free: a part of the whole, and the least and most that this may be. The kernel, the engine and the page
# cache need memory too, but past 4 GiB more is wasted; a file system that is 90 % full is slow and cannot be cleaned up
# calmly.
FREE = {
    "host.memory": (0.10, 128 * MIB, 4 * GIB),
    "host.cpus": (0.0, 0, 0),
    "host.disk": (0.10, 1 * GIB, 100 * GIB),
}
# From this size on a host is proposed in these steps: each is a whole number of some unit, or a quarter of one.
_STEPS = ((8 * 1024 * GIB, 256 * GIB), (64 * GIB, GIB), (4 * GIB, 256 * MIB), (0, 64 * MIB))
WHY_FREE = {
    "memory": "kernel, engine and page cache",
    "cpus": "nothing: a limit is no reservation",
    "disk": "a full file system cannot be cleaned up calmly",
}


@dataclass(frozen=True, slots=True)
class Shares:
    """Bytes of memory and cores per service, bytes of disk per volume, and the three budgets."""

    memory: Mapping[str, int]
    cpus: Mapping[str, float]
    disk: Mapping[str, int]
    memory_min: Mapping[str, int]
    cpus_min: Mapping[str, float]
    budgets: Mapping[str, Budget]


def share(spec: Spec, components: Mapping[str, Component], guests: Guests = NOBODY) -> Shares:
    """Split the host's budget. Raises SpecError that says what would fit when the host is too small."""
    apps = len(spec.apps)
    memory_requests = [_request(name, c.memory, apps, spec) for name, c in components.items()]
    cpu_requests = [
        Request(
            name, c.cpus.min + apps * c.cpus.per_app, c.cpus.weight, max(c.cpus.max, c.cpus.min + apps * c.cpus.per_app)
        )
        for name, c in components.items()
    ]
    disk_requests = [
        _request(volume.name, volume.disk, apps, spec) for c in components.values() for volume in c.volumes
    ]
    problems: list[Problem] = []
    memory = _split("host.memory", spec.host.memory, guests.memory, memory_requests, MIB, problems)
    cpus = _split("host.cpus", spec.host.cpus, guests.cpus, cpu_requests, 0.01, problems)
    disk = _split("host.disk", spec.host.disk, guests.disk, disk_requests, MIB, problems)
    if problems:
        raise SpecError("the host is too small for this stack", problems=problems)
    # For people: what is kept free, and what the user's own services take.
    own = {
        "memory": _theirs(guests.memory, memory),
        "cpus": _theirs(guests.cpus, cpus),
        "disk": _theirs(guests.disk, disk),
    }
    theirs = {what: f"{amount:g}" if what == "cpus" else readable_size(int(amount))
              for what, amount in own.items() if amount}  # fmt: skip
    given = {"memory": sum(memory.values()), "cpus": round(sum(cpus.values()), 2), "disk": sum(disk.values())}
    totals = {"memory": spec.host.memory, "cpus": spec.host.cpus, "disk": spec.host.disk}
    kept = {what: _kept(f"host.{what}", total) for what, total in totals.items()}
    budgets = {
        what: Budget(totals[what], kept[what], given[what], _why(WHY_FREE[what], theirs.get(what, ""))) for what in kept
    }
    return Shares(
        {name: int(amount) for name, amount in memory.items()},
        cpus,
        {name: int(amount) for name, amount in disk.items()},
        {request.name: int(min(request.minimum, memory[request.name])) for request in memory_requests},
        {request.name: min(request.minimum, cpus[request.name]) for request in cpu_requests},
        budgets,
    )


def _why(text: str, guests: str) -> str:
    return f"{text}; {guests} are your own services' (extra.compose)" if guests else text


def _request(name: str, need: Need, apps: int, spec: Spec) -> Request:
    if need.exact is not None:
        amount = derive(need.exact, {"apps": apps}, spec)
        return Request(name, amount, 0, amount)
    minimum = need.min + apps * need.per_app
    maximum = minimum if need.max is None else max(need.max, minimum)
    return Request(name, minimum, need.weight, maximum)


def _kept(key: str, total: float) -> int:
    part, least, most = FREE[key]
    return int(min(max(total * part, least), most)) // MIB * MIB


def _theirs(said: Mapping[str, float], ours: Collection[str]) -> float:
    """What fragments say of services or volumes that are not ours."""
    return sum(amount for name, amount in said.items() if name not in ours)


def _split(
    key: str,
    total: float,
    said: Mapping[str, float],
    requests: Sequence[Request],
    step: float,
    problems: list[Problem],
) -> dict[str, float]:
    """``said`` are amounts of the user's fragments: what is ours gets just that, and the rest of ours what is left."""
    guests = _theirs(said, {request.name for request in requests})
    fixed = [request for request in requests if request.name in said]
    requests = [Request(r.name, said[r.name], 0, said[r.name]) if r in fixed else r for r in requests]
    try:
        return allocate(total - _kept(key, total) - guests, requests, step)
    except TooSmallError as error:
        mine = [what for what, there in (("services", guests), ("limits", fixed)) if there]
        who = f"the stack with your own {' and '.join(mine)} (extra.compose)" if mine else "the stack"
        message = _too_small(key, total, error.needed + guests, who)
        problems.append(Problem(message, key=key, hint=_largest(key, requests)))
        return {}


def _too_small(key: str, total: float, used: float, who: str) -> str:
    if key == "host.cpus":
        return f"{total:g} cpus are too few: {who} needs at least {used:.2f}"
    part, least_free, most_free = FREE[key]
    whole = used + min(max(used * part / (1 - part), least_free), most_free)
    fits = readable_size(_rounded_up(int(whole), key))
    return f"{readable_size(int(total))} is too small: {who} needs {readable_size(int(used))}, so {fits} would fit"


def _rounded_up(size: int, key: str) -> int:
    """The next size that is not rounded when it is shown: what fits has to fit as it is read."""
    step = max(next(step for least, step in _STEPS if size >= least), GIB if key == "host.disk" else MIB)
    return -(-size // step) * step


def _largest(key: str, requests: Sequence[Request]) -> str:
    top = sorted(requests, key=lambda request: -request.minimum)[:3]
    shown = (
        f"{r.name} {r.minimum:g}" if key == "host.cpus" else f"{r.name} {readable_size(int(r.minimum))}" for r in top
    )
    return "most of it: " + ", ".join(shown)
