"""Merging texts line by line: Markdown, shell, redis.conf, .env, and the first attempt at YAML."""

from __future__ import annotations

from dataclasses import dataclass

from midwatch.merge import align


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines that both sides changed to different things. ``line`` counts from 1 in the result, which keeps ours."""

    line: int
    base: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class MergedText:
    """The merged text, with ours at every clash."""

    text: str
    clashes: tuple[Clash, ...] = ()


def merge(base: str, ours: str, theirs: str) -> MergedText:
    """Merge three texts with plain line ends. Unlike git, changes of lines that only touch do not clash."""
    sides = [text.split("\n") for text in (base, ours, theirs)]
    lines: list[str] = []
    clashes: list[Clash] = []
    for hunk in align.three_way(*sides):
        spans = (hunk.base, hunk.ours, hunk.theirs)
        was, mine, other = (side[slice(*span)] for side, span in zip(sides, spans, strict=True))
        if mine == was:
            lines += other
            continue
        if other not in (was, mine):
            clashes.append(Clash(len(lines) + 1, *("\n".join(part) for part in (was, mine, other))))
        lines += mine
    return MergedText("\n".join(lines), tuple(clashes))
