"""Runs inside a container (`docker exec CONTAINER python3 -c SOURCE`): what can be reached there, and how it answers.

Its argument is a JSON list of requests; it prints the JSON list of answers, or for each why there is none:

    {"url": "http://..", "method": "GET", "body": "", "type": ""}       -> {"status": 200, "text": ".."}
    {"redis": "redis:6379", "commands": [["PING"], ["GET", "key"]]}     -> {"replies": ["+PONG", "$value", "-ERR .."]}
    anything that cannot be connected to                                -> {"error": "ConnectionRefusedError"}
"""

from __future__ import annotations

import json
import socket
import sys
import urllib.error
import urllib.request
from typing import IO, Any

TIMEOUT = 5.0


def ask(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return redis(request) if "redis" in request else http(request)
    except urllib.error.URLError as error:
        reason = error.reason
        return {"error": type(reason).__name__ if isinstance(reason, Exception) else str(reason)}
    except OSError as error:
        return {"error": type(error).__name__}


def http(request: dict[str, Any]) -> dict[str, Any]:
    body = request["body"].encode() if "body" in request else None
    headers = {"Content-Type": request.get("type") or "text/plain"}
    made = urllib.request.Request(request["url"], data=body, method=request.get("method", "GET"), headers=headers)
    try:
        with urllib.request.urlopen(made, timeout=request.get("timeout", TIMEOUT)) as answer:
            return {"status": answer.status, "text": answer.read().decode(errors="replace")}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "text": error.read().decode(errors="replace")}


def redis(request: dict[str, Any]) -> dict[str, Any]:
    """RESP by hand: a plain Python image has no client."""
    host, _, port = request["redis"].partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT) as connection, connection.makefile("rwb") as made:
        stream: IO[bytes] = made  # type: ignore[assignment]
        replies = []
        for words in request["commands"]:
            parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
            stream.write(f"*{len(words)}\r\n{parts}".encode())
            stream.flush()
            replies.append(reply(stream))
        return {"replies": replies}


def reply(stream: IO[bytes]) -> str:
    line = stream.readline().decode().strip()
    kind, rest = line[:1], line[1:]
    if kind == "$" and rest != "-1":
        return "$" + stream.read(int(rest) + 2).decode()[:-2]
    if kind == "*":
        return " ".join(reply(stream) for _ in range(int(rest)))
    return line


if __name__ == "__main__":
    print(json.dumps([ask(request) for request in json.loads(sys.argv[1])]))
