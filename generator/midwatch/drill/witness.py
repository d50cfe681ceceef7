"""What is put into a store before a drill, and what is read back after it: one class a store.

Everything is asked from inside the stack: by the store's own client, or by HTTP from the canary, which has Python and
is on the stack's network. No password is in an argument.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from midwatch.errors import ProgramError, TargetError

KEYS, SILENCES, LINES = 500, 5, 50
_LONGEST = 300
_HTTP = """
import sys, urllib.request
url, body = sys.argv[1], sys.stdin.buffer.read()
headers = {"Content-Type": "application/json"}
request = urllib.request.Request(url, data=body or None, headers=headers)
with urllib.request.urlopen(request, timeout=30) as answer:
    sys.stdout.write(answer.read().decode())
"""


@dataclass(frozen=True)
class Stack:
    """A running stack, by its folder."""

    folder: Path

    def compose(
        self, *words: str, text: str = "", env: Mapping[str, str] | None = None, longest: float = _LONGEST
    ) -> str:
        """What ``docker compose`` printed, within ``longest`` seconds. Raises ProgramError with its last words when it
        fails."""
        import os

        command = ["docker", "compose", *words]
        try:
            done = subprocess.run(
                command, cwd=self.folder, input=text, capture_output=True, text=True, errors="replace",
                timeout=longest, env={**os.environ, **(env or {})}, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProgramError(f"docker compose {words[0]}: {error}") from error
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise ProgramError(f"docker compose {' '.join(words[:3])}: {last[0]}")
        return done.stdout

    def http(self, url: str, body: str = "") -> str:
        """The text of an answer, asked from the canary's container."""
        return self.compose("exec", "-T", "canary", "python3", "-c", _HTTP, url, text=body)


@dataclass(frozen=True)
class Witness:
    """``seed`` puts known data in; ``read`` gives all that can be known of it, the same each time."""

    unit: str
    seed: Callable[[Stack, str], None]
    read: Callable[[Stack, str, float], Sequence[str]]
    """Gets the word of the drill, and the Unix time up to which the data is known."""


def word() -> str:
    """A word that no earlier drill used."""
    return f"midwatch-drill-{secrets.token_hex(4)}"


def _redis(stack: Stack, commands: str) -> list[str]:
    file = "secrets/redis_password"
    try:
        password = (stack.folder / file).read_text().strip()
    except OSError as error:
        hint = "'midwatch secrets' makes what is missing"
        raise TargetError(f"{file} cannot be read: {error.strerror}", hint=hint) from error
    client = "exec $(command -v redis-cli || command -v valkey-cli) --no-auth-warning"
    printed = stack.compose("exec", "-T", "-e", "REDISCLI_AUTH", "redis", "sh", "-c", client, text=commands,
                            env={"REDISCLI_AUTH": password})  # fmt: skip
    return printed.splitlines()


def _seed_redis(stack: Stack, mark: str) -> None:
    _redis(stack, "".join(f"SET {mark}:{n} value-{n} EX 86400\n" for n in range(KEYS)))


def _read_redis(stack: Stack, mark: str, _: float) -> list[str]:
    return [line for line in _redis(stack, "".join(f"GET {mark}:{n}\n" for n in range(KEYS))) if line.strip()]


def _seed_silences(stack: Stack, mark: str) -> None:
    for n in range(SILENCES):
        stack.compose("exec", "-T", "alertmanager", "amtool", "--alertmanager.url=http://alertmanager-api:9093",
                      "silence", "add", f"drill={mark}-{n}", "--duration=1h", f"--comment=silence {n} of a drill",
                      "--author=midwatch")  # fmt: skip


def _read_silences(stack: Stack, mark: str, _: float) -> list[str]:
    found = json.loads(stack.http("http://alertmanager-api:9093/api/v2/silences"))
    return sorted(json.dumps({**one, "status": None}, sort_keys=True) for one in found if mark in json.dumps(one))


def _seed_lines(stack: Stack, mark: str) -> None:
    now = time.time_ns()
    records = [{"timeUnixNano": str(now + n), "body": {"stringValue": f"{mark} line {n}"}} for n in range(LINES)]
    attributes = [{"key": "service.name", "value": {"stringValue": mark}}]
    body = {"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [{"logRecords": records}]}]}
    stack.http("http://otel-collector:4318/v1/logs", json.dumps(body))


def _read_lines(stack: Stack, mark: str, at: float) -> list[str]:
    query = f"query=%7Bservice_name%3D%22{mark}%22%7D&limit=1000&start={int(at) - 3600}&end={at:.0f}"
    streams = json.loads(stack.http(f"http://loki:3100/loki/api/v1/query_range?{query}"))["data"]["result"]
    return sorted(json.dumps(value) for stream in streams for value in stream["values"])


def _nothing(stack: Stack, mark: str) -> None:
    """Prometheus has its own: what it scraped."""


def _read_series(stack: Stack, _: str, at: float) -> list[str]:
    """Every sample of ``up`` in the hour before."""
    url = f"http://prometheus-api:9090/api/v1/query?query=up%5B1h%5D&time={at:.3f}"
    return sorted(json.dumps(one, sort_keys=True) for one in json.loads(stack.http(url))["data"]["result"])


WITNESSES: Mapping[str, Witness] = {
    "alertmanager": Witness("silences", _seed_silences, _read_silences),
    "loki": Witness("log lines", _seed_lines, _read_lines),
    "prometheus": Witness("series of an hour", _nothing, _read_series),
    "redis": Witness("keys", _seed_redis, _read_redis),
}
