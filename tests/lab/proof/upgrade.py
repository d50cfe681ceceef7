"""Upgrades: good ones between real versions, bad ones that go back by themselves."""

from __future__ import annotations

import time

from tests.lab import broken
from tests.lab.cache import LabError
from tests.lab.engine import Engine
from tests.lab.images import ensure_image
from tests.lab.load import flows, load
from tests.lab.proof.section import Data, Images, Section, table
from tests.lab.stack import Stack, running
from tests.lab.test_upgrade import NEW, OLD, VALKEY, WITHIN, message, version
from tests.stack.programs import until


def record(engine: Engine) -> tuple[Data, Images]:
    for reference in (OLD, NEW, VALKEY):
        if not ensure_image(reference).there:
            raise LabError(f"{reference} cannot be had")
    broken.make()
    changes = {"images": {"overrides": {"redis": {"tag": OLD.rpartition(":")[2]}}}}
    with running(engine, "sva-studio", changes) as stack:
        until(lambda: stack.ops("status").returncode == 0, "ops status is content", 90)
        steps = [("upgrade", "redis", NEW), ("upgrade", "redis", VALKEY), ("rollback", "redis"), ("rollback", "--all")]
        good = [_good(stack, words) for words in steps]
        bad = [_bad(stack, "redis", broken.NEVER_HEALTHY), _bad(stack, "otel-collector", broken.SWALLOWS)]
        return {"within": WITHIN, "good": good, "bad": bad}, stack.images


def _good(stack: Stack, words: tuple[str, ...]) -> Data:
    before = version(stack)
    with load(stack) as made:
        flows(made)
        began = time.monotonic()
        done = stack.ops(*words)
        took = time.monotonic() - began
    return {
        "words": " ".join(words),
        "code": done.returncode,
        "from": before,
        "to": version(stack),
        "seconds": round(took, 1),
        "away": round(made.pause, 1),
        "sessions": len(made.sessions),
        "lost": len(made.lost_sessions()) + len(made.lost_logs()),
    }


def _bad(stack: Stack, service: str, image: str) -> Data:
    began = time.time()
    done = stack.ops("upgrade", service, image, "--within", str(WITHIN))
    took = time.time() - began
    _, told = message(stack, began, 120, f"Upgrade of {service} to {image} was rolled back")
    said = next(line for line in done.stderr.splitlines() if "Going back" in line)
    return {
        "service": service,
        "image": image,
        "code": done.returncode,
        "seconds": round(took, 1),
        "told": round(told, 1),
        "said": said,
    }


def show(data: Data) -> list[str]:
    good = [
        [f"`ops {one['words']}`", f"{one['from']} → {one['to']}", f"{one['seconds']:.0f} s", f"{one['away']:.1f} s",
         f"{one['sessions']}", f"**{one['lost']}**"]
        for one in data["good"]
    ]  # fmt: skip
    bad = [
        [f"{one['service']} to `{one['image']}`", one["said"], f"{one['seconds']:.0f} s", f"{one['told']:.0f} s"]
        for one in data["bad"]
    ]
    return [
        "Real versions, under load; backups are taken first. Goal: nothing acknowledged is lost.", "",
        *table(["command", "version", "took", "Redis away", "sessions", "sessions and logs lost"], good),
        "",
        f"Bad ones, with {data['within']} s to become well: the first starts and is never healthy, the second is "
        "healthy and passes nothing on. Goal: back by itself, and a message.", "",
        *table(["upgrade", "what ops says", "all was as before after", "message in Slack after"], bad),
    ]  # fmt: skip


def problems(data: Data) -> list[str]:
    found = [f"{one['words']}: code {one['code']}" for one in data["good"] if one["code"]]
    found += [f"{one['words']}: {one['lost']} lost" for one in data["good"] if one["lost"]]
    found += [f"{one['service']}: code {one['code']}" for one in data["bad"] if one["code"] != 1]
    # The trial, the backup before it, and the way back.
    most = 3 * data["within"]
    return found + [f"{one['service']}: {one['seconds']} s" for one in data["bad"] if one["seconds"] > most]


SECTION = Section("upgrade", 75, "An upgrade that fails goes back by itself", record, show, problems)
