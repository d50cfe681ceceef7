"""Random hand edits of YAML text: values, keys, items, comments, order and style. Each gives valid YAML."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from itertools import takewhile

from midwatch.check.document import parse
from midwatch.merge.chunk import leading
from midwatch.merge.spans import Span, spans
from tests.merge.eight import reindent

Lines = list[str]
Edit = Callable[[random.Random, str], str]


def edited(rng: random.Random, text: str, count: int, mark: str) -> str:
    """The text after some edits; one that breaks it is not done. ``mark`` tells this side's values from others'."""
    for _ in range(count):
        if not _alone(text):
            break
        new = rng.choice(EDITS)(rng, text, mark)
        document = parse("", new.encode())
        if not document.problems and document.data is not None:
            text = new
    return text


def _alone(text: str) -> list[tuple[tuple[object, ...], Span]]:
    return [(at, span) for at, span in spans(text).items() if span.alone]


def _value(rng: random.Random, text: str, mark: str) -> str:
    """Another value for a scalar on one line."""
    found = [(at, span) for at, span in _alone(text) if span.style and span.end == span.line + 1]
    if not found:
        return text
    _, span = rng.choice(found)
    lines = text.split("\n")
    match = re.match(r"^( *(?:- )?(?:[\w./-]+: )?)([^#\"'{\[&*|>]+?)( +#.*)?$", lines[span.line])
    if match:
        new = rng.choice([f"{mark}{rng.randrange(9)}", str(rng.randrange(100)), f"'{mark} {rng.randrange(9)}'"])
        lines[span.line] = f"{match[1]}{new}{match[3] or ''}"
    return "\n".join(lines)


def _remove(rng: random.Random, text: str, mark: str) -> str:
    """Without an entry or item, sometimes with the comment above."""
    _, span = rng.choice(_alone(text))
    lines = text.split("\n")
    first = leading(lines, span) if rng.random() < 0.5 else span.line
    del lines[first : span.end]
    return "\n".join(lines)


def _add(rng: random.Random, text: str, mark: str) -> str:
    """One more entry or item behind another."""
    at, span = rng.choice(_alone(text))
    lines = text.split("\n")
    name = f"{mark}{rng.randrange(1000)}"
    pad = " " * span.column
    comment = [f"{pad}# {mark} comment {rng.randrange(100)}"] if rng.random() < 0.3 else []
    if isinstance(at[-1], int):
        like = lines[span.line][span.column :]
        new = [f"{pad}- {{name: {name}}}" if re.match(r"- *(\{|[\w-]+:( |$))", like) else f"{pad}- {name}"]
    elif span.lines:
        new = [f"{pad}{name}:", f"{pad}  image: {name}", f"{pad}  list: [1, {name}]"]
    else:
        new = [f"{pad}{name}: {rng.randrange(100)}"]
    lines[span.end : span.end] = comment + new
    return "\n".join(lines)


def _comment(rng: random.Random, text: str, mark: str) -> str:
    """A comment above an entry, or behind one."""
    _, span = rng.choice(_alone(text))
    lines = text.split("\n")
    note = f"# {mark} note {rng.randrange(1000)}"
    if rng.random() < 0.5:
        lines.insert(span.line, " " * span.column + note)
    elif span.style and span.end == span.line + 1 and " #" not in lines[span.line]:
        lines[span.line] += f"  {note}"
    return "\n".join(lines)


def _swap(rng: random.Random, text: str, mark: str) -> str:
    """Two neighbours of a mapping change places."""
    found = [(at, span) for at, span in _alone(text) if not isinstance(at[-1], int)]
    lines = text.split("\n")
    at, first = rng.choice(found)
    after = [span for other, span in found if other[:-1] == at[:-1] and span.line == first.end]
    if after:
        second = after[0]
        lines[first.line : second.end] = lines[second.line : second.end] + lines[first.line : first.end]
    return "\n".join(lines)


def _style(rng: random.Random, text: str, mark: str) -> str:
    """The same value in other quotes, or a blank line more."""
    lines = text.split("\n")
    found = [span for _, span in _alone(text) if span.style in ("'", '"') and span.end == span.line + 1]
    if found and rng.random() < 0.7:
        span = rng.choice(found)
        line = lines[span.line]
        if line.count('"') == 2 and "'" not in line and "\\" not in line:
            lines[span.line] = line.replace('"', "'")
        return "\n".join(lines)
    _, span = rng.choice(_alone(text))
    lines.insert(leading(lines, span), "")
    return "\n".join(lines)


def _on_one_line(rng: random.Random, text: str, mark: str) -> str:
    """A list of plain words, each on a line of its own, on one line."""
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines):
        items = takewhile(bool, (re.match(r"^ +- ([\w./:-]+)$", one) for one in lines[number + 1 :]))
        words = [item[1] for item in items if item]
        if words and re.match(r"^ *[\w-]+:$", line):
            found.append((number, words))
    if found:
        number, words = rng.choice(found)
        lines[number : number + len(words) + 1] = [f"{lines[number]} [{', '.join(words)}]"]
    return "\n".join(lines)


def _on_many_lines(rng: random.Random, text: str, mark: str) -> str:
    """A list of plain words that stands on one line, each on a line of its own."""
    lines = text.split("\n")
    matches = ((at, re.match(r"^( *)([\w-]+:) \[([\w./:, -]+)\]$", line)) for at, line in enumerate(lines))
    found = [(at, match) for at, match in matches if match]
    if found:
        at, match = rng.choice(found)
        words = [word.strip() for word in match[3].split(",")]
        lines[at : at + 1] = [f"{match[1]}{match[2]}", *(f"{match[1]}  - {word}" for word in words)]
    return "\n".join(lines)


def _wider(rng: random.Random, text: str, mark: str) -> str:
    """The whole file with twice the indentation."""
    return reindent(text) if rng.random() < 0.3 else text


EDITS: Sequence[Callable[[random.Random, str, str], str]] = (
    _value, _value, _value, _remove, _add, _add, _comment, _comment, _swap, _style,
    _on_one_line, _on_many_lines, _wider,
)  # fmt: skip
