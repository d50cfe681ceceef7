"""Just enough of protobuf to read OTLP logs without any package: the image that runs this has bare Python."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

Fields = list[tuple[int, int | bytes]]


def records(message: bytes) -> Iterator[dict[str, Any]]:
    """Each log record of an ExportLogsServiceRequest, with the attributes of its resource."""
    for resource_logs in _all(message, 1):
        resource = [pair for part in _all(resource_logs, 1) for pair in _all(part, 1)]
        for scope_logs in _all(resource_logs, 2):
            for record in _all(scope_logs, 2):
                yield {"resource": _mapping(resource), **_record(record)}


def _record(message: bytes) -> dict[str, Any]:
    fields = dict(_fields(message))
    body, severity = fields.get(5, b""), fields.get(3, b"")
    return {
        "time_unix_nano": fields.get(1, 0),
        "severity_number": fields.get(2, 0),
        "severity_text": severity.decode(errors="replace") if isinstance(severity, bytes) else "",
        "body": _value(body) if isinstance(body, bytes) else None,
        "attributes": _mapping(_all(message, 6)),
    }


def _mapping(pairs: list[bytes]) -> dict[str, Any]:
    found = {}
    for pair in pairs:
        keys, values = _all(pair, 1), _all(pair, 2)
        found[keys[0].decode(errors="replace") if keys else ""] = _value(values[0]) if values else None
    return found


def _value(message: bytes) -> Any:
    """An AnyValue as the Python value that it stands for."""
    for number, content in _fields(message):
        if isinstance(content, int):
            if number == 2:
                return bool(content)
            return struct.unpack("<d", struct.pack("<Q", content))[0] if number == 4 else _signed(content)
        if number == 1:
            return content.decode(errors="replace")
        if number == 5:
            return [_value(item) for item in _all(content, 1)]
        if number == 6:
            return _mapping(_all(content, 1))
        return content.hex()
    return None


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def _all(message: bytes, wanted: int) -> list[bytes]:
    return [content for number, content in _fields(message) if number == wanted and isinstance(content, bytes)]


def _fields(message: bytes) -> Fields:
    """The fields of one message: numbers as integers, everything else as bytes. ValueError if it is not protobuf."""
    found: Fields = []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, size = key & 7, 0
        if kind == 0:
            number, at = _varint(message, at)
            found.append((key >> 3, number))
            continue
        if kind in (1, 5):
            size = 8 if kind == 1 else 4
        elif kind == 2:
            size, at = _varint(message, at)
        else:
            raise ValueError(f"wire type {kind}")
        content = message[at : at + size]
        if len(content) < size:
            raise ValueError("cut short")
        at += size
        found.append((key >> 3, content if kind == 2 else int.from_bytes(content, "little")))
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(10):
        if at >= len(message):
            raise ValueError("cut short")
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, at
    raise ValueError("number too long")
