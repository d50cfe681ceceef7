"""Lines of one YAML text, made to fit into another: its indentation, its step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from midwatch.merge.path import At
from midwatch.merge.spans import Span

_BLOCK = re.compile(r"(?:^|[:\-]\s+|\s)(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$")
_DASH = re.compile(r"-(?: +|$)")


def step(found: Mapping[At, Span]) -> int:
    """How many columns this text indents by, most of the time; 2 where nothing says."""
    widths = Counter(
        span.column - found[at[:-1]].column
        for at, span in found.items()
        if at[:-1] in found and span.alone and not isinstance(at[-1], int) and not isinstance(at[-2], int)
    )
    return widths.most_common(1)[0][0] if widths else 2


def leading(lines: Sequence[str], span: Span) -> int:
    """The first of the comment lines right above an entry, at its own column; the entry's line where there is none."""
    at = span.line
    while at > 0 and lines[at - 1].startswith(" " * span.column + "#"):
        at -= 1
    return at


def fit(lines: Sequence[str], column: int, target: int, old_step: int, new_step: int) -> list[str]:
    """Lines that stood at ``column`` as they stand at ``target``; what is deeper is scaled from step to step.

    The text of a block scalar moves as a whole: its inner indentation is content.
    """
    levels = [(column, target)]
    result: list[str] = []
    block: tuple[int, int] | None = None
    for line in lines:
        rest = line.lstrip(" ")
        indent = len(line) - len(rest)
        if not rest:
            result.append("")
            continue
        if block and indent > block[0]:
            result.append(" " * (indent + block[1]) + rest)
            continue
        block = None
        while len(levels) > 1 and levels[-1][0] > indent:
            levels.pop()
        old, new = levels[-1]
        at = max(new + (indent - old) * new_step // old_step if indent > old else new + indent - old, 0)
        result.append(" " * at + rest)
        if rest.startswith("#"):
            continue
        if indent > old:
            levels.append((indent, at))
        while match := _DASH.match(rest):
            indent, at, rest = indent + match.end(), at + match.end(), rest[match.end() :]
            levels.append((indent, at))
        if _BLOCK.search(rest):
            block = (indent, at - indent)
    return result


def dump(key: Any, value: Any, *, item: bool) -> list[str]:
    """An entry, or an item of a list, as lines at column 0."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 4096
    out = StringIO()
    writer.dump([value] if item else {key: value}, out)
    lines = out.getvalue().rstrip("\n").split("\n")
    # A list at the top is indented as one inside would be.
    shift = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
    return [line[shift:] for line in lines]
