"""`python -m tests.lab.programs [NAME...]`: obtain some or all programs, and print what there is."""

from __future__ import annotations

import sys

from tests.lab.cache import LabError, cache, guarded, timed
from tests.lab.programs import PROGRAMS, ensure_programs


def main(arguments: list[str]) -> int:
    if set(arguments) & {"-h", "--help"}:
        print(f"{__doc__}\nKnown: {', '.join(PROGRAMS)}\nThey land in {cache() / 'bin'}")
        return 0
    with timed("programs"):
        found = ensure_programs(arguments)
    for name, got in found.items():
        state = f"missing: {got}" if isinstance(got, LabError) else f"{got.version:9} {got.program.source}"
        print(f"{name:18} {state}")
    print(f"commands in {cache() / 'bin'}")
    return 1 if any(isinstance(got, LabError) for got in found.values()) else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
