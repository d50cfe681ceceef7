"""A test page through the real route: runs ``./ops page-test`` of a project and reads what it says."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import ProgramError, TargetError

LONGEST = 240.0
"""Seconds; page-test itself gives up after two minutes."""
_STEPS = {
    "accepted": "accepted", "route": "route", "delivered": "delivered", "mail": "mail", "resolved": "resolved",
    "LOST": "LOST", "hint": "hint",
    "angenommen": "accepted", "Route": "route", "zugestellt": "delivered", "E-Mail": "mail", "Entwarnung": "resolved",
    "VERLOREN": "LOST", "Hinweis": "hint",
}  # fmt: skip
"""The first word of a line of ``ops``, in each of its languages -> the step."""
_STEP = re.compile(rf"^({'|'.join(_STEPS)}) +(.+)$")
_NO_ENGINE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the page fared. ``seconds`` is the whole time; ``lost`` and ``hint`` are empty when it arrived.
    ``mail_seconds`` is None when no e-mail went out."""

    severity: str
    delivered: bool
    accepted: bool
    route: str
    mail_seconds: float | None
    seconds: float
    lost: str
    hint: str


def page(folder: Path, severity: str, told: Callable[[str], None] = lambda _: None) -> Outcome:
    """Send it and wait. ``told`` gets each line as it comes.

    Raises TargetError where there is no stack or one that is too old, and ProgramError where Docker cannot be asked.
    """
    if not (folder / "ops").is_file():
        raise TargetError(f"there is no generated stack in {folder.absolute()}", hint="run 'midwatch generate' first")
    begun = time.monotonic()
    steps: dict[str, str] = {}
    process = subprocess.Popen(
        ["/bin/sh", "./ops", "page-test", severity], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    other: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            step = _STEP.match(line.rstrip("\n"))
            if step:
                steps[_STEPS[step[1]]] = step[2]
                told(line.rstrip("\n"))
            else:
                other.append(line.strip())
            if time.monotonic() - begun > LONGEST:
                raise ProgramError(f"./ops page-test has not ended after {LONGEST:g} s")
        code = process.wait(LONGEST)
    finally:
        # On Ctrl-C too: the script then ends the test alert itself.
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    if code == _NO_ENGINE:
        raise ProgramError("Docker cannot be asked", hint="is it running here? DOCKER_HOST names an engine elsewhere")
    if code not in (0, 1) or not ("delivered" in steps or "LOST" in steps):
        said = "; ".join(line for line in other[-3:] if line)
        raise TargetError(f"./ops page-test does not work here: {said or f'exit code {code}'}",
                          hint="run 'midwatch generate' again, in the folder of a stack that runs")  # fmt: skip
    seconds = round(time.monotonic() - begun, 1)
    return Outcome(
        severity, code == 0, "accepted" in steps, steps.get("route", ""), _seconds(steps.get("mail", "")), seconds,
        steps.get("LOST", ""), steps.get("hint", ""),
    )  # fmt: skip


def _seconds(said: str) -> float | None:
    """What ``after 5 s`` says, in whichever language."""
    found = re.search(r"\d+", said)
    return float(found[0]) if found else None
