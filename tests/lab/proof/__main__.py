"""Records sections on the real engine and writes docs/proof.md.

python -m tests.lab.proof [SECTION...]             all of them by default; `page` only writes the page anew
python -m tests.lab.proof missing [SECTION...]     only services that have no figures yet: after a new component
"""

from __future__ import annotations

import json
import os
import sys
import time

import pytest

from tests.lab.cache import LabError, guarded, say, timed
from tests.lab.engine import Engine
from tests.lab.engine import engine as run_engine
from tests.lab.proof.page import write
from tests.lab.proof.section import Section, sections
from tests.lab.proof.setting import setting


def record(engine: Engine, section: Section, missing: bool) -> list[str]:
    """Measure a section, keep it, and say where it missed its goal. What cannot be measured keeps its old figures."""
    began, load, old = time.time(), os.getloadavg()[1], section.recorded()
    with timed(f"section {section.name}"):
        if missing and old and section.record_missing:
            data, images = section.record_missing(engine, old["data"])
        else:
            data, images, old = *section.record(engine), None
    now = setting(engine, images, began, load)
    kept = {"settings": [*(old["settings"] if old else []), now], "data": data}
    section.file.parent.mkdir(exist_ok=True)
    section.file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write()
    return [f"{section.name}: {problem}" for problem in section.problems(data)]


def main(arguments: list[str]) -> int:
    known = {section.name: section for section in sections()}
    if unknown := set(arguments) - {*known, "page", "missing"}:
        print(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    missing, named = "missing" in arguments, set(arguments) - {"missing"}
    able = [section for section in known.values() if not missing or section.record_missing]
    chosen = [section for section in able if section.name in named or not named]
    problems: list[str] = []
    if chosen:
        with run_engine() as engine:
            for section in chosen:
                try:
                    problems += record(engine, section, missing)
                except (pytest.fail.Exception, AssertionError, LabError) as error:
                    problems.append(f"{section.name}: {error}")
    say(f"{write()} is written")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
