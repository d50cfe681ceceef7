"""A gRPC client that lives, answers, and never ends its request: what it has sent stays in the server's memory.

HTTP/2 by hand, as far as that needs it: no library of the project's speaks it.
"""

from __future__ import annotations

import socket
import struct
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0x0, 0x1, 0x4, 0x6, 0x8
ACK, END_HEADERS = 0x1, 0x4
FRAME = 16384
PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"


class HalfRequest:
    """Logs of ``size`` bytes, of which all but the last byte are sent. Raises OSError where nobody listens."""

    def __init__(self, port: int, size: int) -> None:
        self.left = size - 1
        self.windows = {0: 65535, 1: 65535}
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.settimeout(60)
        fields = {
            ":method": "POST", ":scheme": "http", ":path": PATH, ":authority": "lab",
            "content-type": "application/grpc", "te": "trailers",
        }  # fmt: skip
        self.socket.sendall(PREFACE + _frame(SETTINGS, 0, 0, b""))
        self.socket.sendall(_frame(HEADERS, END_HEADERS, 1, b"".join(map(_field, fields.items()))))
        self._data(struct.pack(">BI", 0, size))
        threading.Thread(target=self._live, daemon=True).start()

    def close(self) -> None:
        self.socket.close()

    def _live(self) -> None:
        """Send what the server makes room for; answer its questions whether we are alive."""
        try:
            self._send()
            while True:
                length, kind, flags, stream = struct.unpack(">IBBI", b"\0" + self._read(9))
                payload = self._read(length)
                if kind == PING and not flags & ACK:
                    self.socket.sendall(_frame(PING, ACK, 0, payload))
                elif kind == SETTINGS and not flags & ACK:
                    self.socket.sendall(_frame(SETTINGS, ACK, 0, b""))
                elif kind == WINDOW_UPDATE:
                    self.windows[stream] = self.windows.get(stream, 0) + struct.unpack(">I", payload)[0]
                    self._send()
        except OSError:
            return  # closed, by us or by the server

    def _send(self) -> None:
        while (room := min(self.left, *self.windows.values(), FRAME)) > 0:
            self._data(bytes(room))
            self.left -= room

    def _data(self, payload: bytes) -> None:
        self.socket.sendall(_frame(DATA, 0, 1, payload))
        for stream in self.windows:
            self.windows[stream] -= len(payload)

    def _read(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            part = self.socket.recv(count - len(got))
            if not part:
                raise ConnectionResetError
            got += part
        return got


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _field(field: tuple[str, str]) -> bytes:
    """HPACK's plainest form: a literal, not indexed, not compressed. Lengths below 127."""
    return b"\0" + b"".join(bytes([len(word)]) + word.encode() for word in field)
