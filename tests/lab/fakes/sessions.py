"""An app that writes sessions all the time: runs in a container on the app's network until its standard input ends.

Reads the password from the first line of it. A write that was not acknowledged is tried again on a new connection, with
the same key. In the end it prints, as JSON, every key that was acknowledged and how long the longest pause was.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from typing import IO

EVERY = 0.005
VALUE = "s" * 400


def command(*words: str) -> bytes:
    return (f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)).encode()


def write(stream: IO[bytes], key: str) -> None:
    """Raises OSError when it was not acknowledged."""
    stream.write(command("SET", key, VALUE, "EX", "86400"))
    stream.flush()
    reply = stream.readline()
    if reply != b"+OK\r\n":
        raise ConnectionError(reply.decode(errors="replace"))


def login(password: str) -> IO[bytes]:
    connection = socket.create_connection(("redis", 6379), 2)
    stream: IO[bytes] = connection.makefile("rwb")  # type: ignore[assignment]
    stream.write(command("AUTH", password))
    stream.flush()
    if stream.readline() != b"+OK\r\n":
        raise ConnectionError("no login")
    return stream


def until_told(ended: threading.Event) -> None:
    """Standard input is closed when it is over."""
    sys.stdin.read()
    ended.set()


def main() -> None:
    password, prefix = sys.stdin.readline().split()
    ended = threading.Event()
    threading.Thread(target=until_told, args=[ended], daemon=True).start()
    acknowledged: list[str] = []
    last, longest, stream = time.monotonic(), 0.0, None
    while not ended.is_set():
        key = f"{prefix}:{len(acknowledged)}"
        try:
            stream = stream or login(password)
            write(stream, key)
        except OSError:
            stream = None
            time.sleep(0.05)
            continue
        now = time.monotonic()
        last, longest = now, max(longest, now - last)
        acknowledged.append(key)
        time.sleep(EVERY)
    print(json.dumps({"acknowledged": acknowledged, "pause": longest}))


if __name__ == "__main__":
    main()
