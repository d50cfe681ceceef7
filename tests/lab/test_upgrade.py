"""`ops upgrade`, `rollback` and `history`: good upgrades between real versions, bad ones that go back by themselves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import catalogue
from tests.lab import broken, docker
from tests.lab.backups import sidecar
from tests.lab.engine import Engine
from tests.lab.faults import until_healthy
from tests.lab.images import ensure_image
from tests.lab.load import Load, flows, load, lost_sessions
from tests.lab.report import Report
from tests.lab.stack import Stack, running
from tests.lab.test_stack_3_doors import login, redis
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.long]
OLD, NEW = "docker.io/library/redis:7.0.15", "docker.io/library/redis:8.0.6"
VALKEY = "docker.io/valkey/valkey:9.1.2"
KEPT = "midwatch-kept/"
WITHIN = 45
"""Seconds until a bad upgrade goes back, in place of the minutes that are the default."""


@pytest.fixture(scope="module")
def own(engine: Engine) -> Iterator[Stack]:
    """A stack that runs yesterday's Redis."""
    for reference in (OLD, NEW, VALKEY):
        image = ensure_image(reference)
        if not image.there:
            pytest.skip(f"{reference}: {image.detail}")
    broken.make()
    changes = {"images": {"overrides": {"redis": {"tag": OLD.rpartition(":")[2]}}}}
    with running(engine, "sva-studio", changes) as started:
        assert started.problem == ""
        until(lambda: started.ops("status").returncode == 0, "ops status is content", 60)
        yield started


def message(stack: Stack, since: float, seconds: float, *words: str) -> tuple[dict[str, Any], float]:
    """The first message after a time that has all these words, and how long after; waits for it."""

    def found() -> list[dict[str, Any]]:
        later = [one for one in stack.messages() if one["at"] >= since]
        return [one for one in later if all(word in json.dumps(one["body"], ensure_ascii=False) for word in words)]

    until(lambda: bool(found()), f"a message with {words}", seconds)
    return found()[0]["body"], found()[0]["at"] - since


def version(stack: Stack) -> str:
    """What answers as Redis."""
    (answer,) = stack.ask("studio", {"redis": "redis:6379", "commands": [login(stack), ["INFO", "server"]]})
    found = re.search(r"valkey_version:(\S+)|redis_version:(\S+)", answer["replies"][1])
    assert found
    return "valkey" if "valkey_version" in answer["replies"][1] else found[0].partition(":")[2]


def image(stack: Stack, service: str) -> str:
    """The image of a service as compose.yaml has it."""
    compose = YAML(typ="safe").load((stack.folder / "compose.yaml").read_text())
    return str(compose["services"][service]["image"])


def moved(stack: Stack, report: Report, *words: str) -> Load:
    """One ops command under load: it works out, and nothing that was acknowledged is lost."""
    with docker.watched(stack.name, "kill", "die") as events, load(stack) as made:
        flows(made)
        began = time.time()
        done = stack.ops(*words)
        took = time.time() - began
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["Actor"]["Attributes"].get("signal") for one in events} <= {"15", None}
    assert made.lost_sessions() == []
    assert made.lost_logs() == []
    report.note(
        f"ops {' '.join(words)}: {took:.0f} s; Redis was away for {made.pause:.1f} s; {len(made.sessions)} sessions, "
        f"{made.sent + made.printed} logs, none lost"
    )
    return made


def test_from_one_redis_to_the_next_to_valkey_and_back(own: Stack, report: Report) -> None:
    seen = [version(own)]
    kept: list[str] = []
    steps = [("upgrade", "redis", NEW), ("upgrade", "redis", VALKEY), ("rollback", "redis"), ("rollback", "--all")]
    for words in steps:
        kept += moved(own, report, *words).sessions
        seen.append(version(own))
        # By the kept name where somebody has built the tag anew meanwhile: the image is what counts.
        assert image(own, "redis") == {"7": OLD, "8": NEW, "v": VALKEY}[seen[-1][0]] or KEPT in image(own, "redis")
    assert seen == ["7.0.15", seen[1], "valkey", seen[1], "7.0.15"]
    assert seen[1].startswith("8.")
    assert lost_sessions(own, kept) == []
    history = own.ops("history").stdout
    told = [f"{OLD}\t{NEW}\tok", f"{NEW}\t{VALKEY}\tok", f"{VALKEY}\t", "rolled back by hand"]
    assert sorted(told, key=history.index) == told


def test_a_plain_up_keeps_what_an_upgrade_brought(own: Stack) -> None:
    assert own.ops("upgrade", "redis", NEW).returncode == 0
    before = own.containers()["redis"]["Id"]
    own.compose("up", "--detach")
    assert own.containers()["redis"]["Id"] == before
    assert own.ops("rollback", "redis").returncode == 0
    assert version(own) == "7.0.15"


@pytest.mark.parametrize(
    ("service", "bad", "says"),
    [("redis", broken.NEVER_HEALTHY, "not healthy"), ("otel-collector", broken.SWALLOWS, "canary")],
)
def test_a_bad_upgrade_goes_back_by_itself(own: Stack, report: Report, service: str, bad: str, says: str) -> None:
    assert redis(own, login(own), ["SET", "session:of-before", "here"])[1] == "+OK"
    before, others = image(own, service), {n: c["Id"] for n, c in own.containers().items() if n != service}
    began = time.time()
    done = own.ops("upgrade", service, bad, "--within", str(WITHIN))
    took = time.time() - began
    assert done.returncode == 1, done.stdout + done.stderr
    assert says in done.stderr
    assert image(own, service) == before
    until_healthy(own, service)
    assert {n: c["Id"] for n, c in own.containers().items() if n != service} == others
    body, told = message(own, began, 2 * WITHIN + 60, f"Upgrade of {service} to {bad} was rolled back")
    assert "upgrade.md" in json.dumps(body)
    assert redis(own, login(own), ["GET", "session:of-before"])[1] == "$here"
    silences = own.compose(
        "exec", "-T", "alertmanager", "amtool", "--alertmanager.url=http://alertmanager-api:9093", "silence", "query"
    )
    assert service not in silences
    assert "rolled back" in own.ops("history").stdout
    assert not (own.folder / ".ops" / "lock").exists()
    report.note(
        f"ops upgrade {service} to an image that {'is never healthy' if service == 'redis' else 'swallows all'}: "
        f"back after {took:.0f} s ({WITHIN} s were stated for the trial), the message in Slack after {told:.0f} s"
    )


def test_one_that_is_interrupted_goes_back_and_says_so(own: Stack) -> None:
    """Ctrl-C reaches whatever the terminal runs, Compose too."""
    before, began = image(own, "redis"), time.time()
    words = ["./ops", "upgrade", "redis", broken.NEVER_HEALTHY, "--without-backup"]
    with subprocess.Popen(
        words, cwd=own.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        until(lambda: "->" in (process.stdout.readline() if process.stdout else ""), "it tries", 120)
        time.sleep(3)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=240)[0]
    assert process.returncode == 1 and "redis: interrupted by" in said, said
    assert image(own, "redis") == before
    until_healthy(own, "redis")
    body, _ = message(own, began, 90, f"Upgrade of redis to {broken.NEVER_HEALTHY} was rolled back", "interrupted by")
    assert "starting" not in json.dumps(body)
    done = own.ops("upgrade", "redis")
    assert done.returncode == 0 and "cut short" not in done.stdout, done.stdout + done.stderr


def test_a_bad_alertmanager_is_told_past_it(own: Stack) -> None:
    began = time.time()
    done = own.ops("upgrade", "alertmanager", broken.NEVER_HEALTHY, "--within", "20")
    assert done.returncode == 1 and "runs again" in done.stderr, done.stdout + done.stderr
    until_healthy(own, "alertmanager")
    body, _ = message(own, began, 30, "Upgrade of alertmanager to", "rolled back")
    assert "attachments" not in body


def test_a_broken_configuration_goes_back_too(own: Stack) -> None:
    """No new image: only what `midwatch generate`, or a person, wrote."""
    assert own.ops("upgrade", "prometheus").returncode == 0
    file = own.folder / "prometheus" / "prometheus.yml"
    good = file.read_text()
    file.write_text(good + "\nnot_a_key: 1\n")
    done = own.ops("upgrade", "prometheus", "--within", "30")
    assert done.returncode == 1
    assert file.read_text() == good
    until_healthy(own, "prometheus")


def test_what_cannot_be_had_changes_nothing(own: Stack) -> None:
    compose = (own.folder / "compose.yaml").read_text()
    assert own.ops("upgrade", "redis", "registry.invalid/redis:1").returncode == 1
    assert own.ops("upgrade", "nobody").returncode == 2
    assert (own.folder / "compose.yaml").read_text() == compose


def test_every_service_can_be_recreated_by_ops(own: Stack, report: Report) -> None:
    """The signals that are waited for exist, for each of them."""
    took = {}
    for name in own.services:
        began = time.time()
        done = own.ops("upgrade", name)
        assert done.returncode == 0, done.stdout + done.stderr
        took[name] = time.time() - began
    assert set(took) <= set(catalogue().components)
    report.note("ops upgrade of each: " + ", ".join(f"{name} {spent:.0f} s" for name, spent in took.items()))


def test_a_sidecar_goes_with_its_store_and_back(own: Stack) -> None:
    """It runs the store's image: after each move it is healthy, saves, and tries the backup out with that program."""
    for words, tag in ((("upgrade", "redis", NEW), "8."), (("rollback", "redis"), "7.")):
        done = own.ops(*words)
        assert done.returncode == 0 and "did not become healthy" not in done.stdout, done.stdout + done.stderr
        own_image, theirs = (own.containers()[name]["Image"] for name in ("redis", "backup-redis"))
        assert theirs == own_image
        assert version(own).startswith(tag)
        done = own.ops("backup", "redis")
        assert done.returncode == 0, done.stdout + done.stderr
        code, said = sidecar(own, "redis", "test")
        assert code == 0, said


def test_a_sidecar_alone_is_recreated_or_goes_back(own: Stack) -> None:
    """Only without an image: it has none of its own. Its store does not notice."""
    store = own.containers()["redis"]["Id"]
    compose = own.folder / "compose.yaml"
    good = compose.read_text()
    done = own.ops("upgrade", "backup-redis", NEW)
    assert done.returncode == 2 and f"./ops upgrade redis {NEW}" in done.stderr, done.stdout + done.stderr
    assert compose.read_text() == good
    before = own.containers()["backup-redis"]["Id"]
    assert own.ops("upgrade", "backup-redis").returncode == 0
    after = own.containers()["backup-redis"]["Id"]
    assert after != before
    # a change that keeps it from working: it goes back by itself
    block = good.index("  backup-redis:\n")
    compose.write_text(good[:block] + good[block:].replace("/backup/sidecar.sh", "/backup/nothing.sh", 1))
    done = own.ops("upgrade", "backup-redis", "--within", "30")
    assert done.returncode == 1 and "runs again" in done.stderr, done.stdout + done.stderr
    assert compose.read_text() == good
    until_healthy(own, "backup-redis")
    assert sidecar(own, "redis", "list")[0] == 0
    assert own.containers()["redis"]["Id"] == store
