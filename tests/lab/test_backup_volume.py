"""A volume of an application: saved while it is written to, lost, restored, compared by content, owner and mode."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from midwatch.render.project import load_project
from tests.conftest import recorded
from tests.lab.backups import BUSYBOX, DAMAGES, damaged, metric, ops, sidecar
from tests.lab.cache import LabError, run
from tests.lab.engine import Engine
from tests.lab.images import ensure_images
from tests.lab.project import make_secrets, midwatch, workplace, write_spec
from tests.lab.stack import Stack
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.long]

SEED = r"""
cd /data
mkdir -p 'with space/deeper' empty shared cache/x tmp keep/cache
for n in $(seq 200); do head -c "$n" /dev/urandom >"with space/deeper/f$n"; done
head -c 3000000 /dev/urandom >big
: >nothing
echo secret >private; chmod 0600 private; chown 4711:4712 private
echo x >"-dash"; echo x >'back\slash'; echo x >"$(printf 'line\nbreak')"; echo x >'Übung (1).txt'; echo x >'a|b;$c'
ln -s big link; ln -s /nowhere dangling; ln big hard
chmod 2775 shared; chown 0:4712 shared; chmod 0700 empty; chown 4711 empty; chmod 4755 nothing
echo cached >cache/x/y; echo mine >keep/cache/z; echo t >tmp/no; echo t >tmp/yes
find . -exec touch -h -d '2026-01-02 03:04:05' {} +
chown 4711:4712 . && chmod 0750 .
"""
EVERYTHING = r"""
cd /data
find . -mindepth 0 ! -path './cache*' ! -path './tmp/no' ! -path './.before*' -exec stat -c '%N %f %u %g' {} + | sort
find . -type f ! -path './cache/*' ! -path './tmp/no' ! -path './.before*' -exec sha256sum {} + | sort
find . -type f ! -path './cache/*' ! -path './tmp/no' ! -path './.before*' -exec stat -c '%n %Y %s' {} + | sort
"""
WRITER = r"""
cd /data
while :; do
  n=$((n + 1)); echo line >>log; echo "$n" >"new$n"; rm -f "new$((n - 20))"; mkdir -p "d$((n % 5))"
  mv log log.1; cp log.1 log
  rm -rf "d$(((n + 2) % 5))"
done
"""


def in_volume(volume: str, script: str) -> str:
    command = ["docker", "run", "--rm", "--network", "none", "--volume", f"{volume}:/data", BUSYBOX, "sh", "-ec"]
    return run([*command, script], what="in the application's volume", timeout=120)


def make(stack: Stack, volume: str) -> None:
    """By the label it goes with the stack in the end."""
    label = f"com.docker.compose.project={stack.name}"
    run(["docker", "volume", "create", "--label", label, volume], what="volume", timeout=60)


@contextmanager
def used(stack: Stack, volume: str, script: str = "sleep 600") -> Iterator[str]:
    """An application that has the volume mounted."""
    name = f"{stack.name}-app"
    label = f"com.docker.compose.project={stack.name}"
    command = ["docker", "run", "--detach", "--rm", "--init", "--name", name, "--network", "none", "--label", label,
               "--volume", f"{volume}:/data", BUSYBOX, "sh", "-c", script]  # fmt: skip
    run(command, what="application", timeout=60)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def stack(engine: Engine) -> Iterator[Stack]:
    """Only the sidecar runs, and what it needs."""
    with workplace() as folder:
        volume = f"{folder.name}_files"
        saved = {"name": volume, "size": "64MiB", "exclude": ["cache", "tmp/no"]}
        write_spec(folder, "small", {"backup": {"volumes": [saved]}, "host": {"memory": "4GiB", "disk": "40GiB"}})
        midwatch(folder, "generate")
        make_secrets(folder)
        stack = Stack(folder, load_project(folder).plan(), {}, stand_in=False)
        images = ensure_images(sorted({stack.plan.service(name).image for name in ("probe-tools", "backup-tools")}))
        if lost := [image.detail for image in images.values() if not image.there]:
            pytest.skip(f"images are missing: {lost}")
        yield stack


def exported(stack: Stack, volume: str) -> set[str]:
    """Names of the sidecar's metrics, asked of itself."""
    command = ["docker", "exec", f"{stack.name}-backup-{volume}-1", "/probe/bin/wget", "-q", "-O", "-",
               "http://127.0.0.1:8080/metrics.txt"]  # fmt: skip
    return set(re.findall(r"^# TYPE (\w+) gauge$", run(command, what="metrics", timeout=60), re.M))


def name_of(stack: Stack) -> str:
    return stack.plan.app_volumes[0].name


def test_1_without_the_volume_ops_says_what_to_do(stack: Stack) -> None:
    volume = name_of(stack)
    code, said = ops(stack, "restore", volume, "--yes")
    assert code == 1 and f"docker volume create {volume}" in said, said
    code, said = ops(stack, "backup", volume)
    assert code == 1 and "external volume" in said and "not found" in said, said


def test_2_saved_lost_and_restored_with_content_owners_and_modes(stack: Stack) -> None:
    volume = name_of(stack)
    make(stack, volume)
    in_volume(volume, SEED)
    before = in_volume(volume, EVERYTHING)
    assert "private" in before and "keep/cache/z" in before
    code, said = ops(stack, "backup", volume)
    assert code == 0, said
    code, said = sidecar(stack, volume, "test")
    assert code == 0, said
    files = metric(stack, volume, "backup_items")
    # all but the one that has a line break in its name, which cannot be compared
    assert metric(stack, volume, "backup_verified_items") == files > 200
    assert metric(stack, volume, "backup_restore_test_last_success_timestamp_seconds") > 0
    assert exported(stack, volume) == set(recorded("backup-volume"))
    stack.compose("rm", "--stop", "--force", f"backup-{volume}")
    run(["docker", "volume", "rm", volume], what="losing the volume", timeout=60)
    make(stack, volume)
    code, said = ops(stack, "restore", volume, "--yes")
    assert code == 0, said
    assert in_volume(volume, EVERYTHING) == before
    assert in_volume(volume, "ls /data/cache /data/tmp/no 2>&1 || true").count("No such file") == 2
    assert ops(stack, "restore", "--discard", volume)[0] == 0
    assert in_volume(volume, "ls -a /data").count(".before") == 0


def test_3_what_is_in_use_is_not_touched(stack: Stack) -> None:
    volume = name_of(stack)
    before = in_volume(volume, EVERYTHING)
    with used(stack, volume) as app:
        for words in (("restore", volume, "--yes"), ("restore", "--undo", volume)):
            code, said = ops(stack, *words)
            assert code == 1 and f"docker stop {app}" in said and "nothing was touched" in said, said
    assert in_volume(volume, EVERYTHING) == before
    assert ".before" not in in_volume(volume, "ls -a /data")


def test_4_a_restore_is_undone_with_owner_and_mode(stack: Stack) -> None:
    volume = name_of(stack)
    in_volume(volume, "cd /data; echo new >big; rm private; echo more >'with space/more'; chmod 0700 .; chown 1:2 .")
    changed = in_volume(volume, EVERYTHING)
    code, said = ops(stack, "restore", volume, "--yes")
    assert code == 0, said
    assert in_volume(volume, EVERYTHING) != changed
    assert "4711 4712" in in_volume(volume, "stat -c '%u %g %a' /data")
    code, said = ops(stack, "restore", "--undo", volume)
    assert code == 0, said
    assert in_volume(volume, EVERYTHING) == changed
    code, said = ops(stack, "restore", "--undo", volume)
    assert code == 1 and "put aside" in said, said


def test_5_saved_while_it_is_written_to(stack: Stack) -> None:
    """What was written in between is not held against the backup; all else is."""
    volume = name_of(stack)
    with used(stack, volume, WRITER):
        for _ in range(3):
            time.sleep(1)
            code, said = ops(stack, "backup", volume)
            assert code == 0, said
            code, said = sidecar(stack, volume, "test")
            assert code == 0, said
    assert metric(stack, volume, "backup_verified_items") > 200


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: str(one.name))
def test_6_a_damaged_repository_is_refused(stack: Stack, damage: object) -> None:
    volume = name_of(stack)
    before = in_volume(volume, EVERYTHING)
    with damaged(stack, volume, damage):  # type: ignore[arg-type]
        code, said = ops(stack, "restore", volume, "--yes")
        assert code == 1 and "nothing was touched" in said, said
        assert sidecar(stack, volume, "test")[0] == 1
    assert in_volume(volume, EVERYTHING) == before


def test_7_killed_and_stopped_it_begins_anew(stack: Stack) -> None:
    volume = name_of(stack)
    in_volume(volume, "head -c 40000000 /dev/urandom >/data/huge")
    for how in ("kill", "stop"):
        words = ["docker", "exec", f"{stack.name}-backup-{volume}-1", "/probe/bin/sh", "/backup/run.sh", "backup"]
        job = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
        stack.compose(how, f"backup-{volume}")
        job.wait(60)
        stack.compose("start", f"backup-{volume}")
        code, said = ops(stack, "backup", volume)
        assert code == 0, said
        code, said = sidecar(stack, volume, "test")
        assert code == 0, said


def test_8_prometheus_has_its_metrics(stack: Stack) -> None:
    """Also by the name of a volume with an underscore, as a host and as a label."""
    volume = name_of(stack)
    if not ensure_images([image := stack.plan.service("prometheus").image])[image].there:
        pytest.skip(f"{image} cannot be had here")
    stack.compose("up", "--detach", "--no-deps", "prometheus")
    query = ["exec", "-T", "prometheus", "promtool", "query", "instant", "http://prometheus-api:9090"]

    def scraped() -> bool:
        try:
            return f'store="{volume}"' in stack.compose(*query, f'backup_items{{job="backup-{volume}"}} > 200')
        except LabError:
            return False

    until(scraped, "the sidecar is scraped", 90)
