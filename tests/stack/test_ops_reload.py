"""`ops reload`: who reads its files anew, and who still runs with files from before."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from midwatch.plan.catalogue import Component
from midwatch.render.tree import render
from tests.conftest import ROOT, make_spec
from tests.stack.ops import put_calling

SHELLS = [shell for shell in ("dash", "bash", "busybox", "sh") if shutil.which(shell)]
WORLD = """
docker() {
  case "$*" in
    'compose kill --signal HUP '*) [ "$5" != "${dead:-}" ] ;;
    'compose exec -T prometheus promtool check config '*) ;;
    'ps '*) echo 1 ;;
    'inspect '*) cat mounts ;;
    *) echo "not thought of: $*" >&2 && exit 9 ;;
  esac
}
project=demo
part points && part reload
"""
ASIDE = 'case "$*" in *-cnewer*) [ -e with-ctime ] || exit 1 ;; esac'
"""For `find`. No test can set the time at which an inode was changed, so all but one go without."""
FILES = (
    "prometheus/rules/redis.yml", "alertmanager/alertmanager.yml", "blackbox-exporter/config.yml", "deadman/watch.py",
    "otel-collector/config.yaml", "gateway/Caddyfile", "gateway/pages/page.css", "runbooks/README.md",
    "redis/redis.conf", "redis/backup/store.sh", "loki/loki.yaml", "loki/rules/fake/none.yaml",
    "secrets/acl", "own/a b",
)  # fmt: skip
MOUNTS = {
    "prometheus": ("prometheus",), "alertmanager": ("alertmanager",), "blackbox-exporter": ("blackbox-exporter",),
    "deadman": ("deadman",), "otel-collector": ("otel-collector",), "gateway": ("gateway", "runbooks"),
    "redis": ("redis", "secrets/acl"), "backup-redis": ("redis/backup", "backup-tools"), "loki": ("loki",),
    "backup-loki": ("loki", "loki/backup"), "mine": ("own/a b", "gone"),
}  # fmt: skip
TREES = {language: render(make_spec(runbooks={"language": language})) for language in ("en", "de")}
STARTED = time.time_ns() - 3600 * 10**9


def stamp(at: int) -> str:
    """As Docker writes it: UTC, and no zeros at the end."""
    second, rest = divmod(at, 10**9)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}.{rest:09}".rstrip("0") + "Z"


class Host:
    """A folder with containers that run since an hour; every file is of the day before."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.folder, self.shell, self.path = folder, shell, os.environ["PATH"]
        self.stack("en")
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
            self.changed(name, -86400)
        lines = [f"{name} {stamp(STARTED)} {folder}/{file}" for name, files in MOUNTS.items() for file in files]
        (folder / "mounts").write_text("\n".join([*lines, f"node-exporter {stamp(STARTED)} /", ""]))
        if shell == "busybox":
            (folder / "applets").mkdir()
            for applet in ("find", "touch", "sed", "mktemp"):
                (folder / "applets" / applet).symlink_to(shutil.which("busybox") or "")
            self.path = f"{folder / 'applets'}{os.pathsep}{self.path}"

    def stack(self, language: str) -> None:
        put_calling(TREES[language], self.folder, f"{WORLD}reload")

    def changed(self, name: str, seconds: float) -> None:
        """So long after the start of the containers, or before it."""
        at = STARTED + int(seconds * 10**9)
        os.utime(self.folder / name, ns=(at, at))

    def reload(self, **env: str) -> tuple[int, list[str]]:
        """Its exit code, and what it says after the three that are reloaded."""
        words = [*(["busybox", "sh"] if self.shell == "busybox" else [self.shell]), "./ops"]
        done = subprocess.run(
            words, cwd=self.folder, env={"PATH": self.path, **env}, capture_output=True, text=True, timeout=30
        )
        assert done.stderr == ""
        said = done.stdout.splitlines()
        assert len([line for line in said if line.startswith("reloaded ") or line.endswith(" neu geladen")]) == 3
        return done.returncode, said[3:]


@pytest.fixture(params=SHELLS)
def host(tmp_path: Path, request: pytest.FixtureRequest) -> Host:
    made = Host(tmp_path, request.param)
    if request.param != "busybox":
        find = tmp_path / "applets" / "find"
        find.parent.mkdir()
        find.write_text(f'#!/bin/sh\n{ASIDE}\nexec {shutil.which("find")} "$@"\n')
        find.chmod(0o755)
        made.path = f"{find.parent}{os.pathsep}{made.path}"
    return made


def test_nothing_was_changed(host: Host) -> None:
    assert host.reload() == (0, [])


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_who_runs_with_files_from_before_is_named(host: Host, zone: str) -> None:
    host.changed("otel-collector/config.yaml", 2)
    host.changed("redis/redis.conf", 3000)
    host.changed("own/a b", 2)
    host.changed("deadman/watch.py", -2)
    code, said = host.reload(TZ=zone)
    assert code == 1
    assert said == [
        f"{name} still runs with files from before: ./ops upgrade {name}"
        for name in ("mine", "otel-collector", "redis")
    ]


@pytest.mark.parametrize(
    "name",
    ["prometheus/rules/redis.yml", "alertmanager/alertmanager.yml", "blackbox-exporter/config.yml",
     "gateway/pages/page.css", "runbooks/README.md", "redis/backup/store.sh", "loki/rules/fake/none.yaml",
     "secrets/acl"],
)  # fmt: skip
def test_what_is_read_anew_needs_no_restart(host: Host, name: str) -> None:
    host.changed(name, 60)
    assert host.reload() == (0, [])


def test_only_loki_itself_holds_its_configuration(host: Host) -> None:
    """Its sidecar starts a Loki of its own for every restore test."""
    host.changed("loki/loki.yaml", 60)
    assert host.reload() == (1, ["loki still runs with files from before: ./ops upgrade loki"])


def test_a_file_that_came_with_its_old_time(host: Host) -> None:
    """As `rsync -a` brings it: only its inode is new."""
    if host.shell == "busybox":
        pytest.skip("the find of busybox cannot tell")
    (host.folder / "with-ctime").touch()
    code, said = host.reload()
    assert code == 1 and "deadman still runs with files from before: ./ops upgrade deadman" in said
    assert not any("prometheus" in line or "gateway/pages" in line for line in said)


def test_within_the_second_in_which_it_was_started(host: Host) -> None:
    if host.shell == "busybox":
        pytest.skip("the find of busybox compares whole seconds")
    host.changed("deadman/watch.py", -0.001)
    assert host.reload() == (0, [])
    host.changed("deadman/watch.py", 0.001)
    assert host.reload()[0] == 1


def test_in_german(tmp_path: Path) -> None:
    host = Host(tmp_path, "sh")
    host.stack("de")
    assert "redis läuft noch mit den alten Dateien: ./ops upgrade redis" in host.reload()[1]


def test_one_that_does_not_run_cannot_reload(tmp_path: Path) -> None:
    host = Host(tmp_path, "sh")
    done = subprocess.run(
        ["sh", "./ops"], cwd=tmp_path, env={"PATH": host.path, "dead": "alertmanager"}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "alertmanager does not run, so it cannot reload: docker compose up -d alertmanager\n"


def test_what_a_component_reads_anew_has_to_be_mounted() -> None:
    """A slip there would name the service after each change."""
    gateway = YAML(typ="safe").load((ROOT / "blueprints" / "stack" / "gateway" / "component.yaml").read_text())
    assert Component.model_validate(gateway).reload.fresh
    gateway["reload"] = {"fresh": ["runbook"]}
    with pytest.raises(ValidationError, match="runbook is in none of files"):
        Component.model_validate(gateway)
