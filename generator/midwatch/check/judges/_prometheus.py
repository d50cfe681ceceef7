"""What the promtool judges share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from midwatch.check import tool
from midwatch.check.finding import Finding, Position
from midwatch.check.judge import finding
from midwatch.check.kinds import Kind
from midwatch.check.programs import Outcome
from midwatch.check.stack import Stack
from midwatch.check.view import View

_PLACE = re.compile(r"(?P<file>/\S+?): (?:(?P<line>\d+):(?P<column>\d+): )?(?P<text>.*)")
_LINE = re.compile(r"^line (?P<line>\d+): (?P<text>.*)")


def promtool(stack: Stack) -> tool.Tool | tool.Missing:
    """promtool, of the Prometheus that the stack runs."""
    image = next((use.service.image for use in stack.uses(Kind.PROMETHEUS)), "")
    return tool.resolve("promtool", image=image, entrypoint="promtool", identity="promtool")


def messages(view: View, outcome: Outcome, checked: str) -> Iterator[Finding]:
    """Findings from the output of ``promtool check``; one at least when it failed.

    ``checked`` is the file in the view that the command was about.
    """
    current, count = checked, 0
    for raw in outcome.text.splitlines():
        line = raw.strip().removeprefix("FAILED:").strip()
        place = _PLACE.search(line)
        if place and place["file"] in view.files:
            current = place["file"]
            if place["line"] or not place["text"].endswith("unmarshal errors:"):
                at = view.position(current, int(place["line"] or 0), int(place["column"] or 0))
                count += 1
                yield finding(view.shown(place["text"]), at or Position())
        elif match := _LINE.match(line):
            count += 1
            yield finding(view.shown(match["text"]), view.position(current, int(match["line"])) or Position())
        elif line.startswith(("error", "lint error")):
            count += 1
            yield finding(view.shown(line), view.position(current) or Position())
    if outcome.code != 0 and count == 0:
        tail = " ".join(view.shown(outcome.text).split())[-600:]
        yield finding(tail or "promtool failed", view.position(checked) or Position())
