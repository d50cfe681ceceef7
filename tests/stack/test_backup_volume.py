"""Volumes of applications: what is compared with what was saved, and what is left out, by the sidecar's own shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from midwatch.render.tree import render
from tests.conftest import ROOT, make_spec

STORE = ROOT / "blueprints" / "stack" / "backup-volume" / "backup"
LONG_AGO = 1_700_000_000

# The first list, then what happens before the backup, then what was restored against the list.
DRIVER = r"""
fact() { sed -n "s/^$2 //p" "$1" | head -n 1; }
get() { echo "${2:-}"; }
say() { echo "$@"; }
now() { date +%s; }
WORK=$1/work META=$1/meta BACKUP_STORE=uploads
mkdir -p "$WORK/tmp" "$META"
eval "$(sed "s|/live|$1/live|g; s|/backup-store|$2|g" "$2/store.sh")"
store_list || { echo "$problem"; exit 1; }
"""
CHECK = (
    DRIVER
    + r"""
mkdir "$1/copy"
cp -a "$1/live" "$1/copy/data"
(cd "$1/copy/data" && eval "$3")
mv "$META" "$1/copy/meta"
store_check "$1/copy" || { echo "$problem"; exit 1; }
store_use "$1/copy"
echo "$ITEMS files"
"""
)


def shell(tmp_path: Path, script: str, *words: str, exclude: str = "") -> tuple[int, str]:
    env = {"PATH": os.environ["PATH"], "BACKUP_EXCLUDE": exclude, "LC_ALL": "C"}
    done = subprocess.run(
        ["/bin/sh", "-uc", script, "sh", str(tmp_path), str(STORE), *words],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A volume in which nothing has happened for a long time."""
    folder = tmp_path / "live"
    for name in ("a", "with space/ü b", "deep/er/c", "cache/x", "tmp/keep", ".before-restore-1/old"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    (folder / "empty").touch()
    (folder / "link").symlink_to("a")
    age(folder)
    return folder


def age(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def test_a_true_copy_passes(tmp_path: Path, live: Path) -> None:
    assert shell(tmp_path, CHECK, "true") == (0, "6 files\n")


def test_what_is_left_out_is_in_no_list(tmp_path: Path, live: Path) -> None:
    code, said = shell(tmp_path, DRIVER, exclude="cache\nwith space")
    assert code == 0, said
    names = [line.split(" ", 5)[5] for line in (tmp_path / "meta" / "files").read_text().splitlines()]
    assert sorted(names) == [
        ".",
        "./a",
        "./deep",
        "./deep/er",
        "./deep/er/c",
        "./empty",
        "./link",
        "./tmp",
        "./tmp/keep",
    ]
    assert "items" not in said


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("printf X | dd of=a conv=notrunc 2>/dev/null; touch -d @1700000000 a", "./a differs"),
        ("rm deep/er/c; touch -d @1700000000 deep/er", "./deep/er/c is missing"),
        ("rm -r deep; touch -d @1700000000 .", "./deep is missing"),
        ("echo more >new; touch -d @1700000000 .", "./new was not there"),
        ("chmod 0600 a", "./a has another owner or mode"),
        ("chmod 0700 'with space'", "./with space has another owner or mode"),
    ],
)
def test_what_differs_although_nobody_wrote_there_fails(tmp_path: Path, live: Path, damage: str, said: str) -> None:
    code, text = shell(tmp_path, CHECK, damage)
    assert code == 1 and "what was restored is not what was saved" in text and said in text, text


@pytest.mark.parametrize(
    "written", ["echo longer than before >a", "rm a", "echo new >new", "mv a b", "rm -r deep", "mkdir d; echo >d/x"]
)
def test_what_was_written_in_between_is_not_held_against_it(tmp_path: Path, live: Path, written: str) -> None:
    code, text = shell(tmp_path, CHECK, written)
    assert code == 0 and text.splitlines()[-1].endswith(" files"), text


def test_a_file_that_is_written_all_the_time_may_differ_unseen(tmp_path: Path, live: Path) -> None:
    """Size and time to the second are the same; it was written a moment before the list, so it cannot be compared."""
    (live / "log").write_text("line 1")
    code, text = shell(tmp_path, CHECK, "cp -p log was; printf 'line 2' >log; touch -r was log; rm was")
    assert code == 0 and "1 of the files in uploads were written while they were saved" in text, text


def test_a_folder_that_is_not_there_is_no_empty_backup(tmp_path: Path) -> None:
    assert shell(tmp_path, DRIVER) == (1, "the volume cannot be read\n")


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (
            '{"message_type":"error","error":{"message":"lstat /live/x: no such file or directory"},"item":"/live/x"}',
            True,
        ),
        ('{"message_type":"error","error":{"message":"read /live/x: input/output error"},"item":"/live/x"}', False),
        ("Fatal: something else", False),
    ],
)
def test_an_incomplete_backup_is_good_only_if_what_lacks_is_gone(
    tmp_path: Path, live: Path, said: str, good: bool
) -> None:
    tried = "store_incomplete 3 && echo good; store_incomplete 1 && echo bad; true"
    script = f"""{DRIVER}printf '%s\\n' "$3" >"$WORK/tmp/said"; {tried}"""
    assert shell(tmp_path, script, said) == (0, "good\n" if good else "")


def spec(**more: object) -> dict[str, str]:
    volumes = [{"name": "studio_uploads", "app": "studio", "exclude": ["cache", "my tmp"]}, {"name": "dumps"}]
    tree = render(make_spec(apps=[{"name": "studio", "port": 1}], backup={"volumes": volumes}, **more))
    return {path: file.data.decode() for path, file in tree.items()}


def test_the_volume_is_the_applications_and_mounted_to_read_only() -> None:
    from ruamel.yaml import YAML

    stack = YAML(typ="safe").load(spec()["compose.yaml"])
    assert stack["volumes"]["app_studio_uploads"] == {
        "name": "studio_uploads", "external": True,
        "x-midwatch": {"owner": "studio", "backup": "backup-studio_uploads: its files as they are"},
    }  # fmt: skip
    sidecar = stack["services"]["backup-studio_uploads"]
    assert "app_studio_uploads:/live:ro" in sidecar["volumes"]
    assert sidecar["environment"]["BACKUP_EXCLUDE"] == "cache\nmy tmp"
    assert sidecar["read_only"] and sidecar["cap_drop"] == ["ALL"]
    mounts = {
        name: [mount for mount in one.get("volumes", []) if mount.startswith("app_")]
        for name, one in stack["services"].items()
    }
    assert {name for name, found in mounts.items() if found} == {"backup-studio_uploads", "backup-dumps"}


@pytest.mark.parametrize("language", ["en", "de"])
def test_card_and_disaster_recovery_name_the_volumes(language: str) -> None:
    tree = spec(runbooks={"language": language})
    for page in ("READINESS.md", "runbooks/disaster-recovery.md"):
        assert "backup-studio_uploads" in tree[page] and "backup-dumps" in tree[page]
    assert "docker volume create studio_uploads" in tree["runbooks/disaster-recovery.md"]
    assert {"en": "A database that runs", "de": "Eine Datenbank, die"}[language] in tree["READINESS.md"]


@pytest.fixture
def ops(tmp_path: Path) -> Callable[[str], tuple[int, str]]:
    """A function of `ops`, with a docker that knows one running container of an application."""
    for name, text in spec().items():
        if name.startswith("ops.d/"):
            (tmp_path / Path(name).name).write_text(text)
    docker = tmp_path / "docker"
    docker.write_text(
        "#!/bin/sh\ncase $* in\n"
        "  'volume inspect studio_uploads') ;;\n"
        "  'volume inspect dumps') exit 1 ;;\n"
        "  'ps --filter volume=studio_uploads '*) cat <<'E' ;;\n"
        "demo-backup-1 demo backup-studio_uploads\nstudio-1 studio web\nalone  \nE\n"
        "esac\n"
    )
    docker.chmod(0o755)

    def call(words: str) -> tuple[int, str]:
        parts = " ".join(f". {tmp_path}/{part}.sh;" for part in ("points", "at-work", "backup", "restore"))
        script = f'cd {tmp_path}; project=demo; wrong() {{ echo "$1"; exit 2; }}; {parts} {words}'
        done = subprocess.run(["/bin/sh", "-euc", script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)  # fmt: skip
        return done.returncode, done.stdout

    return call


def test_a_restore_refuses_while_containers_use_the_volume(ops: Callable[[str], tuple[int, str]]) -> None:
    """All of them are named, and the sidecar, which reads only, is not in the way."""
    code, said = ops("restore studio_uploads --yes")
    assert code == 1 and said.rstrip().endswith("Stop what uses it first: docker stop studio-1 alone"), said
    code, said = ops("restore redis dumps --yes")
    assert code == 1 and "docker volume create dumps" in said and "touched" not in said, said


def test_the_list_of_backups_is_as_wide_as_the_longest_name(ops: Callable[[str], tuple[int, str]]) -> None:
    jobs = "sidecar() { echo 'a1b2c3d4 2026-05-31T03:00:38Z good 12 2048 scheduled yes'; }"
    code, said = ops(f"{jobs}; backups redis studio_uploads")
    assert code == 0
    assert len({line.index("2026") for line in said.splitlines()[1:]} | {said.index("TIME")}) == 1, said


def test_the_list_says_what_failed_and_what_was_made_by_hand(ops: Callable[[str], tuple[int, str]]) -> None:
    """And ends with 1 as long as RestoreTestFailing may fire, also where the backup in question is one of the older."""
    rows = (
        "a1b2c3d4 2026-05-30T03:00:38Z good 12 2048 scheduled yes\n"
        "b1b2c3d4 2026-05-31T03:00:38Z good 12 2048 by-hand failed@2026-05-31T16:24Z\n"
        "c1b2c3d4 2026-06-01T03:00:38Z good 12 2048 scheduled no\n"
    )
    code, said = ops(f"sidecar() {{ printf '{rows}'; }}; backups redis")
    lines = said.splitlines()
    assert code == 0 and len(lines) == 4, said
    assert lines[1].endswith("passed") and lines[2].endswith("FAILED 2026-05-31T16:24Z (by hand; stays 30 days)"), said
    assert lines[3].endswith("not yet"), said
    code, said = ops(f"sidecar() {{ printf '{rows}! 2 2026-06-01T04:24Z\n'; }}; backups redis")
    assert code == 1 and "FAILED 2 times in a row, last at 2026-06-01T04:24Z" in said.splitlines()[-1], said
    assert len(said.splitlines()) == 5, said


def test_what_is_no_store_is_said_as_such(ops: Callable[[str], tuple[int, str]]) -> None:
    code, said = ops("restore foo")
    assert code == 2 and said.startswith("there is no store foo: "), said
    code, said = ops("restore otel-collector")
    assert code == 2 and said.startswith("otel-collector keeps nothing that is saved: "), said
    assert (
        ops("backup foo")[0] == 2
        and ops("backup --anew")[0] == 2
        and ops("backup --accept")[0] == 2
        and ops("backup --new redis")[0] == 2
    )


@pytest.mark.parametrize(
    ("words", "job"),
    [("redis", "redis backup by-hand"), ("--anew redis", "redis anew"), ("--accept redis", "redis accept")],
)
def test_a_backup_says_at_once_that_it_begins(ops: Callable[[str], tuple[int, str]], words: str, job: str) -> None:
    code, said = ops(f'sidecar() {{ echo "$*"; }}; backup {words}')
    first, second = said.splitlines()
    assert code == 0 and first.startswith("redis: being saved") and second == job, said


def test_the_scripts_pass_shellcheck() -> None:
    program = shutil.which("shellcheck")
    if not program:
        pytest.skip("no shellcheck")
    done = subprocess.run([program, STORE / "store.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
