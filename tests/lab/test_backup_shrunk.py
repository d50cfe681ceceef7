"""A store that holds far less: a restore does not take it, the drill does by its ID, and a person ends it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from midwatch.render.project import load_project
from tests.lab.backups import metric, sidecar
from tests.lab.engine import Engine
from tests.lab.images import ensure_images
from tests.lab.project import make_secrets, midwatch, workplace, write_spec
from tests.lab.stack import Stack

pytestmark = pytest.mark.lab
MANY, FEW = 8000, 20


def test_what_holds_far_less_is_taken_when_somebody_says_so(engine: Engine) -> None:
    with workplace() as folder:
        write_spec(folder, "small", {"backup": {"destination": None}})
        midwatch(folder, "generate")
        make_secrets(folder)
        stack = Stack(folder, load_project(folder).plan(), {}, stand_in=False)
        images = ensure_images(sorted({stack.plan.service(name).image for name in
                                       ("redis", "probe-tools", "backup-tools")}))  # fmt: skip
        lost = [image.detail for image in images.values() if not image.there]
        if lost:
            pytest.skip(f"images are missing: {lost}")
        stack.compose("up", "--detach", "--wait", "redis", "backup-redis")
        password = (folder / "secrets" / "redis_password").read_text().strip()

        def redis(script: str) -> str:
            command = ["docker", "exec", "-i", "-e", "REDISCLI_AUTH", f"{stack.name}-redis-1", "redis-cli"]
            done = subprocess.run([*command, "--no-auth-warning"], input=script, capture_output=True, text=True,
                                  timeout=60, check=True, env={**os.environ, "REDISCLI_AUTH": password})  # fmt: skip
            return done.stdout

        def backups() -> list[list[str]]:
            return [line.split() for line in sidecar(stack, "redis", "list")[1].splitlines()]

        redis("".join(f"SET key:{n} {n}\n" for n in range(MANY)))
        assert stack.ops("backup", "redis").returncode == 0
        redis("".join(f"DEL key:{n}\n" for n in range(FEW, MANY)))
        drilled = json.loads(midwatch(folder, "drill", "restore", "redis", "--format", "json", timeout=600))
        (one,) = drilled["stores"]
        assert (one["same"], one["problem"]) == (True, ""), one
        assert redis("DBSIZE\n").strip() == str(one["items"] + FEW)
        assert metric(stack, "redis", "backup_shrunk") == 1
        held = {int(row[3]): row[2] for row in backups() if row[0] != "!"}
        assert held[MANY] == "good" and held[one["items"] + FEW] == "shrunk", held
        code, said = sidecar(stack, "redis", "backup")
        assert code == 0 and metric(stack, "redis", "backup_shrunk") == 1, "the next one is as small"
        accepted = stack.ops("backup", "--accept", "redis")
        assert accepted.returncode == 0, accepted.stdout + accepted.stderr
        assert metric(stack, "redis", "backup_shrunk") == 0
        code, said = sidecar(stack, "redis", "test")
        assert code == 0 and f"{one['items'] + FEW} keys found" in said, said
        assert sidecar(stack, "redis", "backup")[0] == 0 and metric(stack, "redis", "backup_shrunk") == 0
