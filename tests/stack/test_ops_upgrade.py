"""How `ops upgrade` changes compose.yaml: the image of one service, or its whole part, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from midwatch.plan.build import build
from midwatch.plan.model import Plan
from midwatch.render.tree import render
from midwatch.spec.load import load
from tests.conftest import EXAMPLES
from tests.stack.ops import put

SPEC = load(EXAMPLES / "sva-studio" / "stack.yaml")
SERVICES = [service.name for service in build(SPEC).services]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """compose.yaml and the script, as they are generated."""
    tree = render(SPEC)
    put(tree, tmp_path)
    (tmp_path / "compose.yaml").write_bytes(tree["compose.yaml"].data)
    return tmp_path


def call(folder: Path, script: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", "-euc", f'for part in ops.d/*.sh; do . "./$part"; done; {script}'],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stdout


def services(text: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = YAML(typ="safe").load(text)["services"]
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_another_image_is_one_line(folder: Path, name: str) -> None:
    before = (folder / "compose.yaml").read_text()
    code, after = call(folder, f"with_image {name} registry.example.com/x:1")
    assert code == 0
    assert len(after.splitlines()) == len(before.splitlines())
    assert sum(old != new for old, new in zip(before.splitlines(), after.splitlines(), strict=True)) == 1
    assert services(after)[name]["image"] == "registry.example.com/x:1"


@pytest.mark.parametrize("name", SERVICES)
def test_the_part_of_one_service_is_put_back_whole(folder: Path, name: str) -> None:
    text = (folder / "compose.yaml").read_text()
    (folder / "old.yaml").write_text(text)
    code, part = call(folder, f"block {name} old.yaml")
    assert code == 0
    assert part in text + "\n", "its own comments are in their places"
    assert call(folder, f"block {name} old.yaml > part; with_block {name} part") == (0, text)
    assert services("services:\n" + part) == {name: services(text)[name]}
    (folder / "compose.yaml").write_text(text.replace("max-size: 10m", "max-size: 99m"))
    code, after = call(folder, f"block {name} old.yaml > part; with_block {name} part")
    assert code == 0
    assert services(after)[name] == services(text)[name]
    assert all(
        service["logging"]["options"]["max-size"] == "99m"  # type: ignore[index]
        for other, service in services(after).items()
        if other != name
    )


def test_no_part_of_ops_takes_the_name_of_the_folder_for_something_else(folder: Path) -> None:
    """They share their variables: `ops status` once kept its point in a folder called `running 0 healthy`."""
    text = "".join(path.read_text() for path in (folder / "ops", *(folder / "ops.d").iterdir()))
    assert re.findall(r"\bstate=.*", text) == ["state=.ops"]


def test_a_file_that_a_person_has_indented(folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "name: demo\nservices:\n    # ours\n    a:\n        image: x:1\n\n"
        '    # theirs\n    "b":\n        image: y:1 # why\n'
        "networks:\n    a:\n        image: no\n"
    )
    _, after = call(folder, "with_image b z:2")
    assert services(after) == {"a": {"image": "x:1"}, "b": {"image": "z:2"}}
    assert "        image: no\n" in after
    assert call(folder, "block a compose.yaml")[1] == "    a:\n        image: x:1\n"


def test_a_service_that_is_not_there_changes_nothing(folder: Path) -> None:
    assert call(folder, "with_image nobody x:1")[0] != 0


def test_a_sidecar_takes_no_image_of_its_own(folder: Path) -> None:
    """It tries backups out with the program of its store, so it goes with that."""
    code, said = call(folder, 'wrong() { echo "$1"; exit 2; }; upgrade backup-redis redis:9')
    assert code == 2 and "./ops upgrade redis redis:9" in said


WORLD = r"""
state=.ops project=demo
wrong() { echo "$1" >&2; exit 2; }
failed() { echo "$1" >&2; exit 1; }
me() { echo ann; }
docker() { case $* in inspect*Status*) cat now ;; inspect*) echo redis:8.0.6 ;; esac; }
alertmanager() { echo "$*" >>told; }
image_of() { echo sha256:old; }
container_of() { echo "$1"; }
prepare() { :; }
follow() { :; }
keep() { mkdir -p .ops/points/1; echo "redis redis:8.0.6 sha256:old" >.ops/points/1/images; }
put_back() { echo "back to point $1" >>done; }
change_compose() { :; }
flows() { :; }
legs= canary=
"""
"""What `upgrade` meets: an engine whose container is as the file `now` says."""


def upgrade(
    folder: Path, shell: str, recreate: str, words: str = "prometheus prom:1 --without-backup --within 1"
) -> tuple[int, str, str]:
    for path in ("now", "told", "done"):
        (folder / path).write_text("running 0 0 starting\n" if path == "now" else "")
    script = f'for part in ops.d/*.sh; do . "./$part"; done; {WORLD}\n{recreate}\nupgrade {words}'
    done = subprocess.run(
        [shell, "-euc", script], cwd=folder, capture_output=True, text=True, timeout=30, start_new_session=True
    )
    return done.returncode, done.stdout + done.stderr, (folder / ".ops" / "history").read_text()


SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("signal", "said"), [("INT", "interrupted by ann"), ("TERM", "ended by SIGTERM")])
def test_an_upgrade_that_is_cut_short_says_so_and_goes_back(folder: Path, shell: str, signal: str, said: str) -> None:
    """Not what its health check said a moment before; and nothing is in the way of the next one."""
    recreate = f'recreate() {{ [ ! -e tried ] || return 0; touch tried; healthy "$1" || kill -{signal} $$; sleep 1; }}'
    code, told, history = upgrade(folder, shell, recreate)
    assert code == 1 and f"prometheus: {said}. Going back to redis:8.0.6" in told
    assert history.split("\t")[2:] == ["prometheus", "redis:8.0.6", "prom:1", f"rolled back: {said}\n"]
    posted = (folder / "told").read_text()
    assert f"description={said}" in posted and "impact=None: redis:8.0.6 runs again." in posted
    assert re.search(r" attempt=20\d\d-\d\d-\d\dT", posted), "or a second one joins the first, and is told to nobody"
    assert (folder / "done").read_text() == "back to point 1\n"
    assert not (folder / ".ops" / "lock").exists()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("now", "said"),
    [("running 0 0 starting", "not healthy, is starting"), ("running 0 0 unhealthy", "runs, but is not healthy"),
     ("exited 137 0 starting", "not healthy, stopped, exit code 137"), ("restarting 1 4 ", "exit code 1"),
     ("running 0 2 ", "runs, but was started again")],
)  # fmt: skip
def test_why_it_went_back_is_in_words(folder: Path, shell: str, now: str, said: str) -> None:
    recreate = f'recreate() {{ began=$(date +%s); echo "{now}" >now; [ -s done ] || healthy "$1"; }}'
    code, told, history = upgrade(folder, shell, recreate)
    assert code == 1 and said in told and said in history
    assert now not in told + history, "Docker's words, which are for programs"
    assert not (folder / ".ops" / "lock").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_one_that_is_cut_short_before_it_begins_leaves_compose_as_it_was(folder: Path, shell: str) -> None:
    """While Compose reads the changed file: that alone takes a second."""
    cut = "change_compose() { kill -INT $$; sleep 1; }; recreate() { :; }"
    code, told, history = upgrade(folder, shell, cut)
    assert code == 1 and "interrupted by ann" in told and "rolled back" in history
    assert (folder / "done").read_text() == "back to point 1\n"


@pytest.mark.parametrize("named", ["redis:never", "redis:8.0.6", "${OURS}"])
def test_what_ran_comes_back_whatever_compose_said_of_it(folder: Path, named: str) -> None:
    """A point whose compose.yaml was changed already, and not started: by hand, or by an upgrade that was killed."""
    assert call(folder, f"with_image redis '{named}'")[0] == 0
    (folder / "compose.yaml").write_text(call(folder, f"with_image redis '{named}'")[1])
    docker = "docker() { case $* in *redis:8.0.6) echo sha256:old ;; *never) echo sha256:never ;; esac; }"
    world = f'mkdir -p .ops; project=demo; {docker}; want_image redis "redis:8.0.6 sha256:old"'
    assert call(folder, world)[0] == 0
    image = services((folder / "compose.yaml").read_text())["redis"]["image"]
    assert image == ("${OURS}" if "$" in named else "redis:8.0.6")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_way_back_that_fails_leaves_no_lock(folder: Path, shell: str) -> None:
    code, told, history = upgrade(folder, shell, "recreate() { why=broken; return 1; }")
    assert code == 1 and "The way back failed too: broken" in told and "FAILED" in history
    assert not (folder / ".ops" / "lock").exists()


@pytest.mark.parametrize(
    ("one", "other", "is_older"),
    [("redis:7.0.15", "docker.io/library/redis:8.0.6", True), ("redis:8.0.6", "redis:7.0.15", False),
     ("r.io:5000/p/prom:v3.9.1@sha256:ab", "r.io:5000/p/prom:v3.10.0", True), ("redis:8.0", "redis:8.0", False),
     ("docker.io/valkey/valkey:7.2", "redis:8.0.6", False), ("redis:latest", "redis:8", False),
     ("localhost:5000/redis", "localhost:5001/redis", False)],
)  # fmt: skip
def test_which_version_is_older(folder: Path, one: str, other: str, is_older: bool) -> None:
    assert call(folder, f"older '{one}' '{other}'")[0] == (0 if is_older else 1)


@pytest.mark.parametrize(
    ("image", "said", "other"),
    [("redis:7.0.15", "You are going to an older version now (redis:8.0.6 -> redis:7.0.15): ", "Going back may cost"),
     ("redis:8.2.0", "Going back may cost: ", "older version now")],
)  # fmt: skip
def test_what_the_way_costs_is_said_by_its_direction(folder: Path, image: str, said: str, other: str) -> None:
    code, told, history = upgrade(folder, "sh", "recreate() { began=0; }", f"redis {image} --without-backup")
    assert code == 0 and history.endswith("ok\n")
    assert said in told and other not in told and told.index(said) < told.index("healthy and its signals flow")


def roll_all_back(folder: Path, shell: str, script: str) -> subprocess.CompletedProcess[str]:
    """In a stack whose redis was upgraded twice, and whose point before that is 2."""
    for number, why, image in (
        (1, "all is well", "7.2"),
        (2, "before upgrade redis", "8.0.6"),
        (3, "upgrade redis", "9"),
    ):
        point = folder / ".ops" / "points" / str(number)
        point.mkdir(parents=True)
        (point / "why").write_text(f"2026-05-31T03:00:00Z\nann\n{why}\n")
        (point / "images").write_text(f"redis redis:{image} sha256:{image} x\nloki loki:3 sha256:old x\n")
        (point / "files").write_text("abc  compose.yaml\n")
    (folder / ".ops" / "files").mkdir()
    (folder / ".ops" / "files" / "abc").write_text((folder / "compose.yaml").read_text())
    world = f"{WORLD}\nfiles_of() {{ :; }}; files_in() {{ :; }}; keep() {{ :; }}; docker() {{ echo redis:9; }}"
    parts = 'for part in ops.d/*.sh; do . "./$part"; done'
    return subprocess.run(
        [shell, "-euc", f"{parts}; {world}\n{script}\nrollback --all"],
        cwd=folder, capture_output=True, text=True, timeout=30, start_new_session=True,
    )  # fmt: skip


def test_all_back_says_first_where_to_and_what_changes(folder: Path) -> None:
    done = roll_all_back(folder, "/bin/sh", 'roll_one_back() { echo "now $service"; }')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Back to point 2  2026-05-31T03:00:00Z ann before upgrade redis ",
        f"  {'redis':20} redis:9 -> redis:8.0.6",
        "now redis",
    ]
    _, told = call(folder, "history")
    (marked,) = [line for line in told.splitlines() if line.endswith("<- ./ops rollback --all")]
    assert marked.split()[0] == "2"


CANARY = """
docker() { case $* in *wget*) cat metrics ;; *up*) sleep 2 ;; inspect*) echo "running 0 0 healthy" ;; esac; }
container_of() { echo "$1"; }
state=.ops within=3 signals= canary=yes one_shot=
mkdir -p .ops
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_all_back_cut_short_is_no_longer_silent(folder: Path, shell: str) -> None:
    """The signal goes to all of the terminal's processes, as Ctrl-C does."""
    silence = 'alertmanager() { echo "$*" >>told; [ "$2" = expire ] || echo an-id; }'
    done = roll_all_back(folder, shell, f"{silence}; recreate() {{ kill -TERM 0; sleep 1; }}")
    told = (folder / "told").read_text()
    assert "silence add component=~redis" in told and told.endswith("silence expire an-id\n"), told
    advice = "ended by SIGTERM. To go on: ./ops rollback --all 2"
    assert (done.returncode, done.stderr) == (1, f"{advice}\n")
    (line,) = (folder / ".ops" / "history").read_text().splitlines()
    assert line.split("\t")[2:] == ["redis", "redis:9", "point 2", advice]
    assert not (folder / ".ops" / "lock").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_all_back_goes_on_with_the_rest_where_one_does_not_fit(folder: Path, shell: str) -> None:
    others = 'image_of() { echo sha256:new; }; put_back() { [ "$2" != redis ]; }; recreate() { echo "back: $1"; }'
    done = roll_all_back(folder, shell, others)
    assert (done.returncode, done.stdout.count("back: loki")) == (1, 1), done.stdout + done.stderr
    assert "point 2 does not fit" in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("sent", "is_well"), [(1, False), (60, True)])
def test_only_what_was_sent_to_the_new_container_shows_that_it_works(
    folder: Path, shell: str, sent: int, is_well: bool
) -> None:
    """A probe of a second after the beginning went through the old one, which was still there: Compose took two."""
    (folder / "metrics").write_text('canary_leg_up{signal="logs",leg="found"} 1\n')
    script = f"""
    for part in ops.d/*.sh; do . "./$part"; done; {CANARY}
    note_legs
    leg='{{signal="logs",leg="found"}}'
    echo "canary_last_through_sent_timestamp_seconds$leg $(($(date +%s) + {sent}))" >metrics
    recreate otel-collector || {{ echo "$why"; exit 1; }}
    """
    done = subprocess.run([shell, "-euc", script], cwd=folder, capture_output=True, text=True, timeout=30)
    assert done.stdout == ("" if is_well else 'the canary does not get through: {signal="logs",leg="found"}\n')
    assert (done.returncode, done.stderr) == (0 if is_well else 1, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_history_has_the_backup_of_before(folder: Path, shell: str) -> None:
    """What `restore --from` wants, days later."""
    (folder / "ops").write_text('#!/bin/sh\necho "$*" >>saved\n')
    (folder / "ops").chmod(0o755)
    world = """
    docker() {
      case $* in
        *"-T backup-redis"*last) echo f06b05a6 ;; inspect*Status*) cat now ;; inspect*) echo redis:8.0.6 ;;
      esac
    }
    recreate() { began=$(date +%s); }
    """
    code, told, history = upgrade(folder, shell, world, "redis redis:9 --within 1")
    assert code == 0, told
    assert (folder / "saved").read_text() == "backup redis\n"
    assert history.endswith("\tredis\tredis:8.0.6\tredis:9\tok (backup of before: f06b05a6)\n")


def test_every_service_says_what_has_to_flow(folder: Path) -> None:
    plan: Plan = build(SPEC)
    for service in plan.services:
        if service.one_shot:
            continue
        code, said = call(folder, f'facts_of {service.name}; printf "%s" "$signals$canary"')
        assert code == 0
        assert said, f"nothing shows that {service.name} works"
