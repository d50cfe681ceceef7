"""Records sections on the real engine and writes docs/proof.md.

python -m tests.lab.proof [SECTION...]      all of them by default; `page` only writes the page anew
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


def record(engine: Engine, section: Section) -> list[str]:
    """Measure a section, keep it, and say where it missed its goal. What cannot be measured keeps its old figures."""
    began, load = time.time(), os.getloadavg()[1]
    with timed(f"section {section.name}"):
        data, images = section.record(engine)
    kept = {"setting": setting(engine, images, began, load), "data": data}
    section.file.parent.mkdir(exist_ok=True)
    section.file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write()
    return [f"{section.name}: {problem}" for problem in section.problems(data)]


def main(arguments: list[str]) -> int:
    known = {section.name: section for section in sections()}
    if unknown := set(arguments) - {*known, "page"}:
        print(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [section for name, section in known.items() if name in arguments or not arguments]
    problems: list[str] = []
    if chosen:
        with run_engine() as engine:
            for section in chosen:
                try:
                    problems += record(engine, section)
                except (pytest.fail.Exception, AssertionError, LabError) as error:
                    problems.append(f"{section.name}: {error}")
    say(f"{write()} is written")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
