"""The dead-man sidecar, against an Alertmanager and a Slack of the test's own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import recorded
from tests.stack.deadman_fakes import PROGRAM, SECRET_PATH, Clock, Fake, faking, made, run
from tests.stack.programs import fetch, free_port, until


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faking() as server:
        yield server


@pytest.mark.parametrize(
    ("language", "host", "where"),
    [("en", "mon-1", "on host mon-1: `"), ("en", "", "on its host: `"), ("de", "mon-1", "auf Host mon-1: `"),
     ("de", "", "auf seinem Host: `")],
)  # fmt: skip
def test_the_alarm_says_where_to_type(fake: Fake, tmp_path: Path, language: str, host: str, where: str) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock, stack="shop/staging", host=host, language=language)
    run(one, clock, fake, 60)
    run(one, clock, fake, 45, alive=False)
    assert where in fake.posts[0]["text"] and "*shop/staging: " in fake.posts[0]["text"]


def test_silence_while_the_watchdog_arrives(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 600)
    assert fake.posts == []
    assert one.watch.age(clock.now) <= 5
    assert "filter=alertname%3D%22Watchdog%22" in fake.queries[0]


def test_posts_once_when_prometheus_renews_no_more_and_again_after_half_an_hour(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock, mention="<!here>", channel="#pages", runbook="http://x/Watchdog.md")
    run(one, clock, fake, 60)
    run(one, clock, fake, 30, alive=False)
    assert fake.posts == [], "30 s of silence are allowed"
    run(one, clock, fake, 15, alive=False)
    (post,) = fake.posts
    assert post["path"] == SECRET_PATH
    assert post["channel"] == "#pages"
    assert "<!here>" in post["text"]
    assert "no alert can reach you: Prometheus is silent." in post["text"]
    assert "docker compose up -d prometheus" in post["text"]
    assert "http://x/Watchdog.md" in post["text"]
    run(one, clock, fake, 1700, alive=False)
    assert len(fake.posts) == 1
    run(one, clock, fake, 200, alive=False)
    assert len(fake.posts) == 2


def test_in_german(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock, language="de", runbook="http://x/Watchdog.md")
    run(one, clock, fake, 30)
    run(one, clock, fake, 120, alive=False)
    fake.alerts = {"not": "a list"}
    run(one, clock, fake, 1800, alive=False)
    run(one, clock, fake, 60)
    prometheus, alertmanager, back = (post["text"] for post in fake.posts)
    assert "Kein Alert kommt mehr durch" in prometheus and "docker compose up -d prometheus" in prometheus
    assert "seit 40 s nicht erneuert" in prometheus and prometheus.endswith("Runbook: http://x/Watchdog.md")
    assert "Alertmanager antwortet nicht.* Der Watchdog kam zuletzt vor" in alertmanager
    assert "Der Watchdog kommt wieder an, nach 32 min." in back


def test_posts_when_it_is_back(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 30)
    run(one, clock, fake, 120, alive=False)
    run(one, clock, fake, 300)
    assert len(fake.posts) == 2
    assert "arrives again" in fake.posts[1]["text"]
    run(one, clock, fake, 120, alive=False)
    assert len(fake.posts) == 3, "a second silence is a second alarm"


def test_tells_a_dead_alertmanager_from_a_dead_prometheus(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 30)
    fake.alerts = {"not": "a list"}
    run(one, clock, fake, 60, alive=False)
    assert "Alertmanager does not answer" in fake.posts[0]["text"]
    assert "docker compose up -d alertmanager" in fake.posts[0]["text"]
    assert "deadman_alertmanager_up 0" in one.metrics()


def test_an_alertmanager_that_forgot_its_alerts_counts_as_silence(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 30)
    fake.alerts = []
    run(one, clock, fake, 60, alive=False)
    assert "Prometheus is silent" in fake.posts[0]["text"]


def test_grace_at_the_start_but_not_for_ever(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 180, alive=False)
    assert fake.posts == []
    run(one, clock, fake, 10, alive=False)
    assert len(fake.posts) == 1


def test_an_old_watchdog_at_the_start_is_known_to_be_old(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    fake.renew(ago=300)
    one.turn()
    assert len(fake.posts) == 1


def test_a_jump_of_the_clock_is_no_silence(fake: Fake, tmp_path: Path) -> None:
    """Only the first stamp is compared with the clock; after that, a new stamp is a renewal."""
    clock = Clock()
    one = made(fake, tmp_path, clock)
    for ago in range(5000, 0, -100):
        fake.renew(ago=ago)
        one.turn()
        clock.now += 5
    assert len(fake.posts) <= 2, "the first stamp was old, the second is news"
    assert one.watch.age(clock.now) <= 5


def test_the_heartbeat_is_called_each_minute_while_all_is_well(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock, heartbeat_url=f"{fake.url}/beat")
    run(one, clock, fake, 300)
    assert fake.beats == 5
    run(one, clock, fake, 300, alive=False)
    assert fake.beats in (5, 6), "no heartbeat while the Watchdog is away"
    assert 'deadman_heartbeats_total{result="ok"}' in one.metrics()
    run(one, clock, fake, 120)
    before = fake.beats
    (tmp_path / "webhook").write_text("")
    run(one, clock, fake, 300)
    assert fake.beats <= before + 1, "no heartbeat while nobody could be told by Slack"


def test_health_says_when_the_loop_stands_still(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    one.turn()
    assert one.alive()
    clock.now += 60
    assert not one.alive()


def test_its_record_is_what_it_exports(fake: Fake, tmp_path: Path) -> None:
    one = made(fake, tmp_path, Clock())
    one.turn()
    shown = [line.split()[2:] for line in one.metrics().splitlines() if line.startswith("# TYPE")]
    assert shown and dict(shown) == {metric.name: metric.type for metric in recorded(PROGRAM.name).values()}


def test_the_script_itself_posts_and_ends_at_once(fake: Fake, tmp_path: Path) -> None:
    """As the container runs it; a hung Alertmanager must not keep it from ending."""
    secret = tmp_path / "webhook"
    secret.write_text(fake.url + SECRET_PATH)
    port = free_port()
    env = {
        "DEADMAN_STACK": "demo", "DEADMAN_ALERTMANAGER": fake.url, "DEADMAN_WEBHOOK_FILE": str(secret),
        "DEADMAN_START_GRACE": "0.1", "DEADMAN_PORT": str(port),
    }  # fmt: skip
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen([sys.executable, "-I", "-u", "-B", str(PROGRAM)], env=env, stderr=log)
    try:
        until(lambda: fetch(f"http://127.0.0.1:{port}/health")[0] == 200, "it is healthy")
        until(lambda: bool(fake.posts), "it posts", 12)
        fake.delay = 30
        time.sleep(5.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - begun < 1.5
    finally:
        process.kill()
    assert "verysecretpart" not in (tmp_path / "log").read_text()
