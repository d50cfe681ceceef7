"""Markdown for a person at a terminal."""

from __future__ import annotations

import re
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_COLUMN = 100
"""Widest text that is still easy to read, in characters."""
_FENCE = re.compile(r"^ *```.*\n((?:.*\n)*?) *```$", re.M)


def formatted(text: str) -> str:
    """The text as the terminal shows it. Blocks of commands stay in one piece per line, however long, so that they can
    be copied."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text

    console = Console(file=sys.stdout)
    prose = Console(file=sys.stdout, width=min(console.width, _COLUMN))
    shown = []
    for index, piece in enumerate(_FENCE.split(text)):
        if index % 2:
            shown.append(_captured(console, Text(dedent(piece).rstrip("\n"), style="cyan"), soft_wrap=True))
        elif piece.strip():
            shown.append(_captured(prose, Markdown(dedent(piece), hyperlinks=False)))
    return "\n\n".join(piece.strip("\n") for piece in shown)


def _captured(console: Console, content: RenderableType, *, soft_wrap: bool = False) -> str:
    with console.capture() as capture:
        console.print(content, soft_wrap=soft_wrap)
    return "\n".join(line.rstrip() for line in capture.get().split("\n"))
