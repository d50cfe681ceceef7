"""The volume of a backup sidecar is lost, where no destination is set: all backups of its store are in it."""

from __future__ import annotations

import pytest

from midwatch.render.project import load_project
from tests.lab.backups import metric
from tests.lab.cache import run
from tests.lab.engine import Engine
from tests.lab.images import ensure_images
from tests.lab.project import make_secrets, midwatch, workplace, write_spec
from tests.lab.stack import Stack
from tests.stack.programs import until

pytestmark = pytest.mark.lab


def test_lost_backups_are_noticed_and_begun_anew_only_on_demand(engine: Engine) -> None:
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
        stack.compose("up", "--detach", "redis", "backup-redis")
        done = stack.ops("backup", "redis")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("redis: being saved")
        # as the runbook says it
        stack.compose("rm", "--stop", "--force", "backup-redis")
        run(["docker", "volume", "rm", f"{stack.name}_backup-redis"], what="the loss", timeout=60)
        stack.compose("up", "--detach", "--wait", "backup-redis")
        until(lambda: metric(stack, "redis", "backup_repository_gone") == 1, "the sidecar notices it by itself", 90)
        done = stack.ops("backup", "redis")
        assert done.returncode == 1 and "is gone. It is not made anew by itself" in done.stdout, done.stdout
        assert stack.ops("backups", "redis").returncode == 1
        done = stack.ops("backup", "--anew", "redis")
        assert done.returncode == 0 and "a new repository" in done.stdout, done.stdout + done.stderr
        assert metric(stack, "redis", "backup_repository_gone") == 0
        done = stack.ops("backups", "redis")
        assert done.returncode == 0 and len(done.stdout.splitlines()) == 2, done.stdout
