"""A destination by SFTP: rclone serves one, with a host key and one user's key, that only the sidecars can reach."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.render.project import load_project
from tests.lab.backups import ops, sidecar
from tests.lab.cache import LabError, run
from tests.lab.engine import Engine
from tests.lab.images import RECIPES, ensure_images
from tests.lab.programs import get
from tests.lab.project import make_secrets, midwatch, workplace, write_json, write_spec
from tests.lab.stack import Stack

pytestmark = [pytest.mark.lab, pytest.mark.long]
STORES = ("alertmanager", "loki", "prometheus", "redis")
PLAIN, WITH_PORT = "sftp:backup@sftp-22.lab:/stack", "sftp://backup@sftp-2022.lab:2022//stack"
HOSTS = ("sftp-22.lab", "[sftp-2022.lab]:2022")


@pytest.fixture(scope="module")
def stack(engine: Engine) -> Iterator[Stack]:
    """Redis, every sidecar, and the server."""
    try:
        rclone, keygen = get("rclone").folder / "rclone", get("restic").folder / "ssh-keygen"
    except LabError as error:
        pytest.skip(f"no SFTP server or keys here: {error}")
    with workplace() as folder:
        volume = f"{folder.name}_files"
        backup = {"destination": PLAIN, "volumes": [{"name": volume, "size": "64MiB"}]}
        write_spec(folder, "small", {"backup": backup, "host": {"memory": "4GiB", "disk": "40GiB"}})
        midwatch(folder, "generate")
        keys = folder / "keys"
        keys.mkdir()
        for name in ("host", "user", "stranger"):
            run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keys / name], what="ssh-keygen")
        secret(folder, "backup_sftp_key", (keys / "user").read_text())
        secret(folder, "backup_sftp_known_hosts", known_hosts(keys / "host.pub"))
        make_secrets(folder)
        stack = Stack(folder, load_project(folder).plan(), {}, stand_in=False)
        wanted = {stack.plan.service(name).image for name in ("probe-tools", "backup-tools", *STORES)}
        images = ensure_images(sorted(wanted))
        loki = stack.plan.service("loki").image
        services = {f"sftp-{port}": server(stack, rclone, keys, folder / "data", port) for port in (22, 2022)}
        if not images[loki].there:
            stand_in = RECIPES["loki-stand-in"].name
            images[loki] = ensure_images([stand_in])[stand_in]
            services["backup-loki"] = {"image": stand_in}
        if lost := [image.detail for image in images.values() if not image.there]:
            pytest.skip(f"images are missing: {lost}")
        (folder / "data").mkdir()
        write_json(folder / "sftp.yaml", {"services": services})
        (folder / ".env").write_text("COMPOSE_FILE=compose.yaml:sftp.yaml\n")
        label = f"com.docker.compose.project={stack.name}"
        run(["docker", "volume", "create", "--label", label, volume], what="volume", timeout=60)
        stack.compose("up", "--detach", *services, "redis", *(f"backup-{store}" for store in (*STORES, volume)))
        yield stack


def secret(folder: Path, name: str, value: str) -> None:
    """By the real command, which ends with 1 as long as others are missing."""
    try:
        midwatch(folder, "secrets", "--stdin", name, text=value)
    except LabError as error:
        assert "exit code 1" in str(error)


def known_hosts(public: Path) -> str:
    return "".join(f"{host} {public.read_text()}" for host in HOSTS)


def server(stack: Stack, rclone: Path, keys: Path, data: Path, port: int) -> dict[str, object]:
    """On the stack's network `egress`, by its port; both have the same files."""
    return {
        "image": stack.plan.service("probe-tools").image,
        "command": ["/rclone", "serve", "sftp", "--addr", f":{port}", "--user", "backup", "--key", "/keys/host",
                    "--authorized-keys", "/keys/user.pub", "--vfs-cache-mode", "writes", "--cache-dir", "/tmp/cache",
                    "--dir-cache-time", "1s", "--vfs-write-back", "0s", "/data"],
        "environment": {"HOME": "/tmp"},
        "volumes": [f"{rclone}:/rclone:ro", f"{keys}:/keys:ro", f"{data}:/data"],
        "networks": {"egress": {"aliases": [f"sftp-{port}.lab"]}},
    }  # fmt: skip


@pytest.mark.parametrize("store", [*STORES, "volume"])
def test_1_every_stores_image_reaches_the_server_as_its_user(stack: Stack, store: str) -> None:
    """There is no repository yet, and that is what it says: the server was asked."""
    code, said = sidecar(stack, stack.plan.app_volumes[0].name if store == "volume" else store, "list")
    # their stores do not run, so nothing was saved; what has no store may have been, by now
    assert code == 1 or store in ("redis", "volume"), said
    assert code == 0 or "there is no repository at" in said, said


def test_2_redis_is_saved_lost_and_restored(stack: Stack) -> None:
    password = (stack.folder / "secrets" / "redis_password").read_text().strip()

    def redis(*words: str) -> str:
        command = ["docker", "exec", "-e", "REDISCLI_AUTH", f"{stack.name}-redis-1", "redis-cli", "--no-auth-warning",
                   *words]  # fmt: skip
        return run(command, what="redis-cli", env={**os.environ, "REDISCLI_AUTH": password}).strip()

    # One works at a time, and these wait for stores that do not run.
    stack.compose("stop", "backup-alertmanager", "backup-loki", "backup-prometheus")
    assert redis("set", "drill", "kept") == "OK"
    code, said = ops(stack, "backup", "redis")
    assert code == 0, said
    assert list((stack.folder / "data").rglob("redis/config")), "the repository is on the server"
    code, said = sidecar(stack, "redis", "test")
    assert code == 0, said
    stack.compose("rm", "--stop", "--force", "redis", "backup-redis")
    for volume in ("redis-data", "backup-redis"):
        run(["docker", "volume", "rm", f"{stack.name}_{volume}"], what="a new host", timeout=60)
    code, said = ops(stack, "restore", "redis", "--yes")
    assert code == 0, said
    assert redis("get", "drill") == "kept"


def test_2b_a_port_is_part_of_an_address(stack: Stack) -> None:
    command = ["docker", "exec", "--env", f"BACKUP_REPOSITORY={WITH_PORT}/redis", f"{stack.name}-backup-redis-1",
               "/probe/bin/sh", "/backup/run.sh", "list"]  # fmt: skip
    assert " good 1 " in run(command, what="listing over another port", timeout=120)


def test_3_the_key_is_in_no_file_argument_or_variable(stack: Stack) -> None:
    key = (stack.folder / "keys" / "user").read_text().splitlines()[2]
    listed = run(["docker", "inspect", f"{stack.name}-backup-redis-1"], what="inspect")
    assert key not in listed and key not in (stack.folder / "compose.yaml").read_text()


def test_4_another_host_key_is_refused(stack: Stack) -> None:
    """Whoever stands in the server's place gets nothing."""
    file = stack.folder / "secrets" / "backup_sftp_known_hosts"
    good = file.read_text()
    wrong = known_hosts(stack.folder / "keys" / "stranger.pub")
    try:
        for text in (wrong, good):
            file.chmod(0o644)
            file.write_text(text)
            code, said = sidecar(stack, "redis", "list")
            assert (code == 0) == (text == good), said
            assert text == good or "Host key verification failed" in said, said
    finally:
        file.write_text(good)
        file.chmod(0o444)
