"""A destination that is an S3-compatible store, with the certificate of an own CA: rclone serves one, in a container
that only the sidecar can reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trustme

from midwatch.render.project import load_project
from tests.lab.cache import LabError, run
from tests.lab.engine import Engine
from tests.lab.images import ensure_images
from tests.lab.programs import get
from tests.lab.project import make_secrets, midwatch, workplace, write_json, write_spec
from tests.lab.stack import Stack

pytestmark = pytest.mark.lab
KEY, SECRET = "lab-key-id", "lab-secret-key"


def test_redis_is_saved_to_s3_and_restored_from_there_on_a_new_host(engine: Engine) -> None:
    """The new host: every container and volume is gone but the S3 store; left are the folder and its secrets."""
    try:
        rclone = get("rclone").folder / "rclone"
    except LabError as error:
        pytest.skip(f"rclone cannot be had here: {error}")
    with workplace() as folder:
        write_spec(folder, "small", {"backup": {"destination": "s3:https://s3.lab:9000/backups", "own_ca": True}})
        midwatch(folder, "generate")
        own, stranger = trustme.CA(), trustme.CA()
        for name, value in (("backup_s3_key_id", KEY), ("backup_s3_secret_key", SECRET)):
            midwatch_secret(folder, name, value)
        midwatch_secret(folder, "backup_ca", stranger.cert_pem.bytes().decode())
        make_secrets(folder)
        stack = Stack(folder, load_project(folder).plan(), {}, stand_in=False)
        images = ensure_images(sorted({stack.plan.service(name).image for name in
                                       ("redis", "probe-tools", "backup-tools")}))  # fmt: skip
        lost = [image.detail for image in images.values() if not image.there]
        if lost:
            pytest.skip(f"images are missing: {lost}")
        (folder / "s3" / "store" / "backups").mkdir(parents=True)
        shown = own.issue_cert("s3.lab")
        shown.cert_chain_pems[0].write_to_path(folder / "s3" / "cert.pem")
        shown.private_key_pem.write_to_path(folder / "s3" / "key.pem")
        write_json(folder / "s3.yaml", server(stack, rclone, folder / "s3"))
        (folder / ".env").write_text("COMPOSE_FILE=compose.yaml:s3.yaml\n")
        stack.compose("up", "--detach", "s3", "redis", "backup-redis")
        password = (folder / "secrets" / "redis_password").read_text().strip()

        def redis(*words: str) -> str:
            command = ["docker", "exec", "-e", "REDISCLI_AUTH", f"{stack.name}-redis-1", "redis-cli",
                       "--no-auth-warning", *words]  # fmt: skip
            return run(command, what="redis-cli", env={**os.environ, "REDISCLI_AUTH": password}).strip()

        assert redis("set", "drill", "kept") == "OK"
        done = stack.ops("backup", "redis")
        assert done.returncode == 1 and "signed by unknown authority" in done.stdout + done.stderr, "of another CA"
        midwatch_secret(folder, "backup_ca", own.cert_pem.bytes().decode(), "--rotate", "backup_ca")
        stack.compose("up", "--detach", "--force-recreate", "--no-deps", "backup-redis")
        done = stack.ops("backup", "redis")
        assert done.returncode == 0, done.stdout + done.stderr
        assert list((folder / "s3" / "store" / "backups").rglob("config")), "the repository is in the S3 store"
        stack.compose("rm", "--stop", "--force", "redis", "backup-redis", "backup-tools", "probe-tools")
        for volume in ("redis-data", "backup-redis", "backup-tools", "backup-turn", "probe-tools"):
            run(["docker", "volume", "rm", f"{stack.name}_{volume}"], what="a new host", timeout=60)
        done = stack.ops("restore", "redis", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert redis("get", "drill") == "kept"
        for file in (folder / "compose.yaml", folder / "ops.d" / "backup.sh"):
            assert SECRET not in file.read_text()
        listed = run(["docker", "inspect", f"{stack.name}-backup-redis-1"], what="inspect")
        assert SECRET not in listed and KEY not in listed


def midwatch_secret(folder: Path, name: str, value: str, *how: str) -> None:
    """One secret by the real command, which ends with 1 as long as others are missing."""
    try:
        midwatch(folder, "secrets", *how, "--stdin", name, text=value + "\n")
    except LabError as error:
        assert "exit code 1" in str(error)


def server(stack: Stack, rclone: Path, data: Path) -> dict[str, object]:
    """rclone on the stack's network `egress`, by the name s3.lab, as a Compose file."""
    return {
        "services": {
            "s3": {
                "image": stack.plan.service("probe-tools").image,
                "command": ["/rclone", "serve", "s3", "--addr", ":9000", "--auth-key", f"{KEY},{SECRET}",
                            "--no-cleanup", "--cert", "/data/cert.pem", "--key", "/data/key.pem", "/data/store"],
                "environment": {"HOME": "/tmp"},
                "volumes": [f"{rclone}:/rclone:ro", f"{data}:/data"],
                "networks": {"egress": {"aliases": ["s3.lab"]}},
            }
        }
    }  # fmt: skip
