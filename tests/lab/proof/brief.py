"""The first table of the page: each promise in one line, its goal and what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from statistics import median

from tests.lab.proof.section import Data, Section, table


def lines(found: list[tuple[Section, Data | None]]) -> list[str]:
    """The section "In short"; a promise that was not measured says so."""
    rows = []
    for section, recorded in found:
        goal, measured = BRIEF[section.name](recorded["data"]) if recorded else ("", "not recorded yet")
        slug = re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-")
        rows.append([f"[{section.title}](#{slug})", goal, measured])
    return ["## In short", "", *table(["promise", "goal", "measured"], rows), ""]


def _good(cases: list[Data]) -> list[Data]:
    return [one for one in cases if "error" not in one]


def _start(data: Data) -> tuple[str, str]:
    return f"within {data['goal']} s", f"{data['all']:.1f} s"


def _stops(data: Data) -> tuple[str, str]:
    each = [one for run in data["runs"] for one in run.values()]
    paged = [one["paged"] for one in each if "paged" in one]
    goal = f"each within {data['goal']:.0f} s, in the median {data['goal_median']:.0f} s"
    span = f"{min(paged):.1f} to {max(paged):.1f} s, median {median(paged):.1f} s"
    return goal, f"{len(paged)} of {len(each)} stops, after {span}"


def _restarts(data: Data) -> tuple[str, str]:
    return "no message", f"{len(data['messages'])} messages ({len(data['away'])} services)"


def _quiet(data: Data) -> tuple[str, str]:
    return "no message, no alert", f"{len(data['messages'])} messages, {len(data['alerts'])} alerts"


def _scenarios(data: Data) -> tuple[str, str]:
    told = [f"{one['seconds']:.0f} s" for one in _good(data["scenarios"])]
    return "each of the four arrives", f"{len(told)} of {len(data['scenarios'])}, after {', '.join(told)}"


def _webhook(data: Data) -> tuple[str, str]:
    told = _good(data["cases"])
    slowest = max((one["seconds"] for one in told), default=0.0)
    return f"told within {data['goal']:.0f} s", f"{len(told)} of {len(data['cases'])}, after {slowest:.1f} s at most"


def _backups(data: Data) -> tuple[str, str]:
    stores, damages, kills = (
        f"{len(_good(data[part]))} of {len(data[part])}" for part in ("stores", "damages", "kills")
    )
    back = max((one["back"] for one in _good(data["stores"])), default=0.0)
    return (
        f"a lost store comes back whole within {data['rto'] / 3600:.0f} h; a damaged backup is refused",
        f"{stores} stores, after {back:.0f} s at most; {damages} damages refused; {kills} kills survived",
    )


def _graceful(data: Data) -> tuple[str, str]:
    ways = [data[how] for how in ("rolling", "stop", "down")]
    lost = sum(one["lost_logs"] + one["lost_sessions"] for one in ways)
    sent = sum(one["logs"] + one["sessions"] for one in ways)
    return "nothing acknowledged is lost", f"{lost} of {sent} logs and sessions"


def _failover(data: Data) -> tuple[str, str]:
    told = [
        f"{sum(one['lost'] for one in cases)} of {sum(one['sessions'] for one in cases)}"
        for cases in ([one for one in data["cases"] if one["lost_volume"] is lost] for lost in (True, False))
    ]
    slowest = max(one["took"] for one in data["cases"])
    return (
        "at most the sessions of a second; with Redis alive none",
        f"{told[0]} lost, alive {told[1]}; `./ops failover redis` took {slowest:.0f} s at most",
    )


def _upgrade(data: Data) -> tuple[str, str]:
    back = " and ".join(f"{one['seconds']:.0f} s" for one in data["bad"])
    return "back by itself; nothing lost", f"back after {back}; {sum(one['lost'] for one in data['good'])} lost"


BRIEF: Mapping[str, Callable[[Data], tuple[str, str]]] = {
    "start": _start,
    "stops": _stops,
    "restarts": _restarts,
    "quiet": _quiet,
    "scenarios": _scenarios,
    "webhook": _webhook,
    "backups": _backups,
    "graceful": _graceful,
    "failover": _failover,
    "upgrade": _upgrade,
}
"""Name of a section -> (goal, what was measured), from its data. Whether a goal was met is told by its ``problems``."""
