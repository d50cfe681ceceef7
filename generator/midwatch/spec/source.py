"""The bytes of a spec, and the text in them.

Everything that is not a small UTF-8 text is refused here, before the YAML reader sees it.
"""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path

from midwatch.errors import Problem

MAX_BYTES = 1024**2
"""Largest spec. A thousand apps take about 120 KiB."""
_BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Besides the controls: the line ends of mainframes and of Unicode, which YAML counts as lines and editors do not.
_FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff\\ud800-\\udfff]"
)


class Unreadable(Exception):  # noqa: N818 (carries the one problem; load.py makes the SpecError of it)
    """Reading stopped at ``problem``."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_bytes(path: Path) -> bytes:
    """At most ``MAX_BYTES`` bytes of a regular file. Raises Unreadable."""
    file = str(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            inside = path / "stack.yaml"
            hint = f"give the file in it: {inside}" if inside.is_file() else "give the path of a stack.yaml"
            raise Unreadable(Problem("is a folder, not a file", file, hint=hint))
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(Problem("is not an ordinary file", file))
        # Not read_bytes(): a file may grow between the look and the reading.
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(Problem("there is no such file", file, hint="`midwatch init` makes one")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(Problem(f"cannot be read: {reason}", file)) from None
    return data


def decode(data: bytes, file: str) -> str:
    """The text, without a byte order mark. Raises Unreadable with the place of the first byte that does not belong."""
    if len(data) > MAX_BYTES:
        raise Unreadable(Problem(f"is too large: a spec may have at most {MAX_BYTES // 1024} KiB", file))
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            raise Unreadable(Problem(f"is {encoding} text", file, hint="save it as UTF-8"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode("utf-8", "replace"))
        byte = f"0x{error.object[error.start]:02x}"
        raise Unreadable(
            Problem(f"is not UTF-8 text: byte {byte}", file, line, column, hint="save it as UTF-8")
        ) from None
    return check_text(text, file)


def check_text(text: str, file: str) -> str:
    """The text, if it has no control characters but tab and line ends. Raises Unreadable."""
    found = _FORBIDDEN.search(text)
    if found:
        line, column = _place(text[: found.start()])
        nul = found[0] == "\0"
        what = "a NUL byte" if nul else f"the control character U+{ord(found[0]):04X}"
        hint = "is it UTF-16? Save it as UTF-8" if nul else "remove it"
        raise Unreadable(Problem(f"holds {what}", file, line, column, hint=hint))
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column (from 1) of what comes after ``before``."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1].lstrip("\ufeff")) + 1
