"""What is put into each store, how it is lost, and how its repository is damaged: for the tests and for the proof."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab import docker, otlp
from tests.lab.cache import run
from tests.lab.stack import Stack
from tests.lab.test_stack_2_data import arrived, marker, send
from tests.stack.programs import until

BUSYBOX = "docker.io/library/busybox:1.37.0-musl"
KEYS, LINES, SILENCES = 2000, 300, 20


def ops(stack: Stack, *words: str) -> tuple[int, str]:
    """Exit code of the project's own script, and all that it said."""
    done = stack.ops(*words)
    return done.returncode, done.stdout + done.stderr


def sidecar(stack: Stack, store: str, *words: str) -> tuple[int, str]:
    """A job of a sidecar, as the loop of the sidecar runs it."""
    command = ["docker", "exec", f"{stack.name}-backup-{store}-1", "/probe/bin/sh", "/backup/run.sh", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    return done.returncode, done.stdout


def metric(stack: Stack, store: str, name: str) -> float:
    """A metric of a sidecar, asked of itself."""
    command = ["docker", "exec", f"{stack.name}-backup-{store}-1", "/probe/bin/wget", "-q", "-O", "-",
               "http://127.0.0.1:8080/metrics.txt"]  # fmt: skip
    text = run(command, what="metrics", timeout=60)
    return float(re.findall(rf'^{name}{{store="{store}"}} (\S+)$', text, re.M)[0])


@dataclass
class Seed:
    """What was put into the stores; ``at`` is the Unix time up to which Prometheus is compared."""

    word: str = field(default_factory=marker)
    at: float = 0.0


def seed(stack: Stack) -> Seed:
    """Keys, log lines, silences and a metric that can be told from all others."""
    one = Seed()
    _redis(stack, *(["SET", f"{one.word}:{n}", f"value {n}", "EX", "7200"] for n in range(KEYS)))
    for start in range(0, LINES, 50):
        send(stack, "logs", otlp.logs([f"{one.word} line {n}" for n in range(start, start + 50)]))
    arrived(stack, one.word, LINES)
    for n in range(SILENCES):
        stack.compose("exec", "-T", "alertmanager", "amtool", "--alertmanager.url=http://alertmanager-api:9093",
                      "silence", "add", f"seed={one.word}{n}", "--duration=2h", "--comment", f"seed {n}",
                      "--author=lab")  # fmt: skip
    send(stack, "metrics", otlp.gauge(f"lab_{one.word}", 42))
    time.sleep(10)
    one.at = time.time() - 2
    return one


def _redis(stack: Stack, *commands: list[str]) -> list[str]:
    password = (stack.folder / "secrets" / "redis_password").read_text().strip()
    found: list[str] = []
    for start in range(0, len(commands), 500):
        some = [["AUTH", password], *commands[start : start + 500]]
        (answer,) = stack.ask("studio", {"redis": "redis:6379", "commands": some})
        found += answer["replies"][1:]
    return found


def _sessions(stack: Stack, one: Seed) -> Any:
    values = _redis(stack, *(["GET", f"{one.word}:{n}"] for n in range(KEYS)))
    lasting = _redis(stack, *(["TTL", f"{one.word}:{n}"] for n in range(KEYS)))
    return {"values": values, "with a time to live": sum(reply.startswith(":") and reply > ":0" for reply in lasting)}


def _series(stack: Stack, one: Seed) -> Any:
    """Every sample of every series in the two minutes before, in one number each."""
    query = urllib.parse.urlencode({"query": '{__name__=~".+"}[2m]', "time": f"{one.at:.3f}"})
    found = stack.get(f"/api/v1/query?{query}")["data"]["result"]
    assert found
    return {
        json.dumps(one["metric"], sort_keys=True): hashlib.sha256(json.dumps(one["values"]).encode()).hexdigest()
        for one in found
    }


def _lines(stack: Stack, one: Seed) -> Any:
    return sorted(str(log["body"]) for log in stack.logs(one.word))


def _silences(stack: Stack, one: Seed) -> Any:
    text = stack.compose(
        "exec", "-T", "alertmanager", "wget", "-q", "-O", "-", "http://alertmanager-api:9093/api/v2/silences"
    )
    found = [{**silence, "status": None} for silence in json.loads(text) if one.word in json.dumps(silence)]
    return sorted(found, key=lambda silence: str(silence["id"]))


CONTENT: dict[str, Callable[[Stack, Seed], Any]] = {
    "alertmanager": _silences, "loki": _lines, "prometheus": _series, "redis": _sessions,
}  # fmt: skip
STORES = tuple(CONTENT)
UNIT = {"alertmanager": "silences", "loki": "log lines", "prometheus": "series", "redis": "keys"}


def count(store: str, content: Any) -> int:
    """How many of its unit a content has."""
    return len(content["values"]) if store == "redis" else len(content)


def lose(stack: Stack, store: str) -> None:
    """The volume of a store is gone, and whatever mounted it."""
    (volume,) = (one.name for one in stack.plan.service(store).volumes)
    stack.compose("rm", "--stop", "--force", store, f"backup-{store}")
    run(["docker", "volume", "rm", f"{stack.name}_{volume}"], what="removing a volume", timeout=60)


@dataclass(frozen=True)
class Damage:
    """A way in which a repository can be broken: a script in the sidecar's volume, or on the password's file."""

    name: str
    how: str
    script: str = ""
    password: bool = False


DAMAGES = (
    Damage("corrupted", "64 bytes in the middle of every pack are overwritten",
           'for pack in $(find repository/data -type f); do size=$(stat -c %s "$pack"); chmod u+w "$pack"; '
           'head -c 64 /dev/urandom | dd of="$pack" bs=1 seek=$((size / 3)) conv=notrunc 2>/dev/null; done'),
    Damage("truncated", "every pack is cut to half its length",
           'for pack in $(find repository/data -type f); do size=$(stat -c %s "$pack"); chmod u+w "$pack"; '
           'truncate -s $((size / 2)) "$pack"; done'),
    Damage("emptied", "every file of the repository is deleted", "find repository -type f -exec rm -f {} +"),
    Damage("wrong password", "secrets/restic_password holds another one", password=True),
)  # fmt: skip


@contextmanager
def damaged(stack: Stack, store: str, damage: Damage) -> Iterator[None]:
    """The repository of a store is damaged as long as the block runs."""
    volume = f"{stack.name}_backup-{store}"
    file = stack.folder / "secrets" / "restic_password"
    good = file.read_text()

    def inside(script: str) -> None:
        command = ["docker", "run", "--rm", "--network", "none", "--volume", f"{volume}:/data", "--workdir", "/data",
                   BUSYBOX, "sh", "-ec", script]  # fmt: skip
        run(command, what="in the sidecar's volume", timeout=120)

    inside("rm -rf good && cp -a repository good")
    try:
        if damage.password:
            _write_in_place(file, "not-the-password\n")
        else:
            inside(damage.script)
        yield
    finally:
        _write_in_place(file, good)
        inside("rm -rf repository cache && mv good repository")


def _write_in_place(file: Any, text: str) -> None:
    """The same file, not a new one in its place: a container keeps the file that it was given."""
    file.chmod(0o644)
    with file.open("r+", encoding="utf-8") as open_file:
        open_file.write(text)
        open_file.truncate()
    file.chmod(0o444)


def started_at(stack: Stack, service: str) -> str:
    """When its container was last started."""
    return str(stack.containers()[service]["State"]["StartedAt"])


def settled(stack: Stack, seconds: float = 300) -> None:
    """Wait until each sidecar has made its first backup and tried it out; then nothing else is due for a day."""
    end = time.monotonic() + seconds
    for store in STORES:
        while metric(stack, store, "backup_restore_test_last_success_timestamp_seconds") == 0:
            assert time.monotonic() < end, (
                f"{store}: no first backup and test within {seconds:g} s\n{sidecar_log(stack, store)}"
            )
            time.sleep(2)


def sidecar_log(stack: Stack, store: str) -> str:
    return stack.compose("logs", "--no-log-prefix", "--tail=20", f"backup-{store}")


__all__ = ["CONTENT", "DAMAGES", "STORES", "damaged", "docker", "lose", "metric", "ops", "seed", "sidecar"]


@dataclass(frozen=True)
class Returned:
    """How a lost volume came back; ``age`` is how old its data was at the loss."""

    store: str
    unit: str
    items: int
    saved: float
    back: float
    age: float
    verified: int


def round_trip(stack: Stack, one: Seed, store: str) -> Returned:
    """Save a store, lose its volume, restore it, compare all of it. AssertionError where anything differs."""
    before = CONTENT[store](stack, one)
    assert count(store, before) > 0
    taken = began = time.monotonic()
    done = stack.ops("backup", store)
    assert done.returncode == 0, done.stdout + done.stderr
    saved = time.monotonic() - began
    code, said = sidecar(stack, store, "test")
    assert code == 0, said
    verified = int(metric(stack, store, "backup_verified_items"))
    age = time.monotonic() - taken
    lose(stack, store)
    began = time.monotonic()
    done = stack.ops("restore", store, "--yes")
    back = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: CONTENT[store](stack, one) == before, f"all of {store} is there again", 60)
    return Returned(store, UNIT[store], count(store, before), round(saved, 1), round(back, 1), round(age, 1), verified)


@dataclass(frozen=True)
class Refused:
    """What a restore from a damaged repository said, and how long after the failed tests it paged, in seconds."""

    name: str
    how: str
    said: str
    paged: float


def refused(stack: Stack, one: Seed, store: str, damage: Damage) -> Refused:
    """A restore from a damaged repository. AssertionError where it touches anything, or where nobody is paged."""
    alert = ("RestoreTestFailing", f"backup-{store}")
    before, since = CONTENT[store](stack, one), started_at(stack, store)
    with damaged(stack, store, damage):
        done = stack.ops("restore", store, "--yes")
        said = done.stdout + done.stderr
        assert done.returncode == 1 and "nothing was touched" in said, said
        assert (CONTENT[store](stack, one), started_at(stack, store)) == (before, since)
        for _ in range(2):
            assert sidecar(stack, store, "test")[0] == 1
        began = time.monotonic()
        until(lambda: alert in stack.firing(), "it pages", 60)
        paged = time.monotonic() - began
    code, again = sidecar(stack, store, "test")
    assert code == 0, again
    until(lambda: alert not in stack.firing(), "it is over", 60)
    words = next(line for line in said.splitlines() if " failed: " in line).partition(" failed: ")[2]
    return Refused(damage.name, damage.how, words, round(paged, 1))


CHECK = (
    "RESTIC_REPOSITORY={work}/repository RESTIC_PASSWORD_FILE=/run/secrets/restic_password "
    "/lent/bin/restic check --no-lock --no-cache"
)


@dataclass(frozen=True)
class Killed:
    """A kill of a sidecar so many seconds into a backup, and how long the next one took."""

    store: str
    after: float
    running: bool
    """Whether the backup was still under way."""
    next: float


def kill(stack: Stack, store: str, after: float) -> Killed:
    """Kill a sidecar in the middle of a backup. AssertionError where `restic check` or the next backup fails."""
    container = f"{stack.name}-backup-{store}-1"
    work = stack.plan.service(f"backup-{store}").volumes[0].path
    job = subprocess.Popen(
        ["docker", "exec", container, "/probe/bin/sh", "/backup/run.sh", "backup"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(after)
    running = job.poll() is None
    run(["docker", "kill", container], what="killing a sidecar", timeout=60)
    job.wait(60)
    stack.compose("start", f"backup-{store}")
    command = ["docker", "exec", container, "/probe/bin/sh", "-c", CHECK.format(work=work)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, f"after {after:.1f} s: {done.stdout}{done.stderr}"
    began = time.monotonic()
    code, said = sidecar(stack, store, "backup")
    assert code == 0, f"after {after:.1f} s: {said}"
    return Killed(store, round(after, 2), running, round(time.monotonic() - began, 1))
