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
    for start, begin, length in align.matches(ours.split("\n"), lines):
        for offset in range(length):
            ends[begin + offset] = "\r" if original[start + offset].endswith("\r") else ""
    ends[-1] = ""
    return mark + "\n".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
