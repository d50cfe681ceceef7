"""Reading redis.conf: one directive a line, the last one of a name counts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from midwatch.check.finding import Position
from midwatch.check.stack import File


@dataclass(frozen=True, slots=True)
class Directive:
    """Arguments of one directive and its line."""

    args: tuple[str, ...]
    at: Position


def parse(file: File) -> dict[str, Directive]:
    """Directives by lower-case name."""
    found: dict[str, Directive] = {}
    for number, line in enumerate(file.text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        found[words[0].lower()] = Directive(tuple(words[1:]), Position(file.path, number, 1))
    return found
