"""The page, made from what the sections have recorded."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT
from tests.lab.proof import brief
from tests.lab.proof.section import Data, sections, table
from tests.lab.proof.setting import shown

PAGE = ROOT / "docs" / "proof.md"

HEAD = """\
# Proof

What midwatch promises of a running stack, and what was measured. Written by `make proof`, never by hand: it starts
the stack of [examples/sva-studio](../examples/sva-studio) on a Docker engine, breaks it, and reads what a stand-in for
Slack heard. Nothing here is computed from a configuration.

    make proof                 # everything, again; about an hour
    make proof ONLY=stops      # one section, the others keep their figures
    make proof ONLY=missing    # only services that have none yet, after a new component

The sections are {names}.
Each says when, at which commit and on which machine it was recorded. The figures are kept beside this page, in
[docs/proof](proof). A test fails when a service of the example has no row here, or a figure misses its goal.
"""


def page() -> str:
    """The whole page."""
    found = [(section, section.recorded()) for section in sections()]
    lines = [HEAD.format(names=", ".join(f"`{section.name}`" for section, _ in found))]
    lines += brief.lines(found)
    lines += _programs([setting for _, data in found if data for setting in data["settings"]])
    for section, data in found:
        lines += [f"## {section.title}", ""]
        if data:
            lines += [*section.show(data["data"]), "", *map(shown, data["settings"]), ""]
        else:
            lines += ["Not recorded yet.", ""]
    return "\n".join(lines)


def write() -> Path:
    PAGE.write_text(page(), encoding="utf-8")
    return PAGE


def _programs(settings: list[Data]) -> list[str]:
    """What ran: stand-ins first, so that nobody takes one for the real thing."""
    images = {reference: how for setting in settings for reference, how in setting["images"].items()}
    stand_ins = {name for setting in settings for name in setting["stand_ins"]}
    lines = ["## What ran", ""]
    if stand_ins:
        names = " and ".join(f"`{name}`" for name in sorted(stand_ins))
        lines += [
            f"**{names} did not run**, because no image of it could be had on that machine. A stand-in was in its "
            "place: it takes Loki's data, answers `/ready` and counts what it received. That these containers are "
            "stopped, missed and started is measured; what the real program does is not.", "",
        ]  # fmt: skip
    lines += ["Slack and the app `studio` are small programs of the lab. No message left the machine.", ""]
    words = {"official": "the official image", "built": "the real program, in an image that the lab built"}
    rows = [[f"`{reference}`", words.get(how, how)] for reference, how in sorted(images.items())]
    return [*lines, *table(["image", "what it was"], rows), ""] if rows else lines
