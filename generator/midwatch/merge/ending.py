"""Line ends and the byte order mark: a merge works on plain lines, and ours keeps what it had."""

from __future__ import annotations

from midwatch.merge import align

_MARK = b"\xef\xbb\xbf"


def plain(data: bytes) -> str:
    """The text with ``\\n`` at the end of each line and without a byte order mark. Raises UnicodeDecodeError."""
    return data.decode("utf-8-sig").replace("\r\n", "\n")


def like(data: bytes, ours: str, result: str) -> bytes:
    """The result with the line ends that ours has on the disk: each line its own, a new one those of most."""
    mark = _MARK if data.startswith(_MARK) else b""
    if b"\r\n" not in data:
        return mark + result.encode()
    original = data.removeprefix(_MARK).decode().split("\n")
    lines = result.split("\n")
    usual = "\r" if data.count(b"\r\n") * 2 > data.count(b"\n") else ""
    ends = [usual] * len(lines)
    at = to = 0
    for start, begin, length in [*align.matches(ours.split("\n"), lines), (len(original), len(lines), 0)]:
        # A line that took the place of another is that line still.
        pairs = list(zip(range(at, start), range(to, begin), strict=False)) if start - at == begin - to else []
        for old, new in (*pairs, *zip(range(start, start + length), range(begin, begin + length), strict=True)):
            ends[new] = "\r" if original[old].endswith("\r") else ""
        at, to = start + length, begin + length
    ends[-1] = ""
    return mark + "\n".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
