"""The dead-man sidecar, against an Alertmanager and a Slack of the test's own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, recorded
from tests.stack.programs import fetch, free_port, until
from tests.stack.smtp import Smtp, smtp

PROGRAM = ROOT / "blueprints/stack/deadman"
SECRET_PATH = "/services/T000/B000/verysecretpart"


sys.path.insert(0, str(PROGRAM))
try:
    import deadman
    import mail
    import watch
finally:
    sys.path.remove(str(PROGRAM))


class Fake(ThreadingHTTPServer):
    """Alertmanager's alerts on GET, Slack on POST, a heartbeat service on GET /beat."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.alerts: Any = []
        self.slack_status = 200
        self.delay = 0.0
        self.posts: list[dict[str, Any]] = []
        self.beats = 0
        self.probes = 0
        self.queries: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def renew(self, ago: float = 0.0) -> None:
        stamp = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
        self.alerts = [{"labels": {"alertname": "Watchdog"}, "updatedAt": stamp}]


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        if self.path == "/beat":
            self.server.beats += 1
            return self._answer(200, b"ok")
        self.server.queries.append(self.path)
        time.sleep(self.server.delay)
        return self._answer(200, json.dumps(self.server.alerts).encode())

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.probes += not data.get("text")
        if self.server.slack_status == 200 and not data.get("text"):
            return self._answer(400, b"no_text")
        if self.server.slack_status == 200:
            self.server.posts.append(data | {"path": self.path})
        return self._answer(self.server.slack_status, b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of the base class)
        """Quiet."""


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.shutdown()


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(fake: Fake, tmp_path: Path, clock: Clock, **changes: Any) -> Any:
    secret = tmp_path / "webhook"
    secret.write_text(f"{fake.url}{SECRET_PATH}\n")
    settings = {"stack": "demo", "alertmanager": fake.url, "webhook_file": secret} | changes
    return deadman.Deadman(watch.Settings(**settings), clock=clock)


def run(one: Any, clock: Clock, fake: Fake, seconds: int, alive: bool = True) -> None:
    """Rounds every 5 s; the Watchdog is renewed before each while ``alive``."""
    for _ in range(seconds // 5):
        if alive:
            fake.renew()
        one.turn()
        clock.now += 5


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


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (None, "secret_missing"),
        ("", "secret_empty"),
        (" \n", "secret_empty"),
        ("hooks.slack.com/x", "secret_malformed"),
        ("https://a b", "secret_malformed"),
        ("https://ex\u00e4mple", "secret_malformed"),
    ],
)
def test_a_broken_secret_is_seen_before_it_is_needed(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, result: str
) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 10)
    assert "deadman_webhook_ok 1" in one.metrics()
    file = tmp_path / "webhook"
    if content is None:
        file.unlink()
    else:
        file.write_text(content, encoding="utf-8")
    run(one, clock, fake, 10)
    assert "deadman_webhook_ok 0" in one.metrics()
    assert f"webhook: {result}" in capsys.readouterr().err
    run(one, clock, fake, 60, alive=False)
    assert f'deadman_posts_total{{result="{result}"}} 1' in one.metrics()
    file.write_text(fake.url + SECRET_PATH)
    run(one, clock, fake, 60, alive=False)
    assert len(fake.posts) == 1, "read anew and tried again within 30 s"
    assert "deadman_webhook_ok 1" in one.metrics()


def test_a_secret_that_was_removed_on_the_host_is_told_while_it_still_works(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a container the file of a bind mount stays readable; what shows it is that it has no name any more."""
    clock = Clock()
    one = made(fake, tmp_path, clock)
    with (tmp_path / "webhook").open(encoding="utf-8") as held:
        one.settings = replace(one.settings, webhook_file=Path(f"/proc/self/fd/{held.fileno()}"))
        run(one, clock, fake, 10)
        assert "deadman_webhook_ok 1" in one.metrics()
        (tmp_path / "webhook").unlink()
        run(one, clock, fake, 10)
        assert "deadman_webhook_ok 0" in one.metrics()
        run(one, clock, fake, 60, alive=False)
        assert len(fake.posts) == 1, "it still posts by the address that it has"
        assert "deadman_webhook_ok 0" in one.metrics()
    assert capsys.readouterr().err.count("webhook: ") == 1


def test_a_slack_that_refuses_is_tried_again_and_shown(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 30)
    fake.slack_status = 404
    run(one, clock, fake, 120, alive=False)
    assert 'deadman_posts_total{result="http_404"} 3' in one.metrics()
    assert "deadman_webhook_ok 0" in one.metrics()
    run(one, clock, fake, 60)
    assert "deadman_webhook_ok 0" in one.metrics(), "it stays broken until a post is taken"
    fake.slack_status = 200
    run(one, clock, fake, 60)
    assert [("arrives again" in post["text"]) for post in fake.posts] == [True], "the end of it is still told"
    assert "deadman_webhook_ok 1" in one.metrics()
    shown = capsys.readouterr()
    assert "verysecretpart" not in shown.err + shown.out


def test_a_webhook_that_was_revoked_is_found_before_it_is_needed(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked at the start and each hour, by a message without text, which Slack refuses and nobody sees."""
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 60)
    assert fake.probes == 1
    fake.slack_status = 404
    run(one, clock, fake, 3600)
    assert "deadman_webhook_ok 0" in one.metrics()
    assert capsys.readouterr().err.count("webhook: http_404") == 1
    fake.slack_status = 200
    run(one, clock, fake, 70)
    assert "deadman_webhook_ok 1" in one.metrics()
    assert fake.posts == [], "all of this without a message"


@pytest.mark.parametrize(("status", "allowed"), [(500, 125), (429, 125), (403, 5), (410, 5)])
def test_a_short_fault_of_slack_is_no_broken_webhook(fake: Fake, tmp_path: Path, status: int, allowed: int) -> None:
    clock = Clock()
    fake.slack_status = status
    one = made(fake, tmp_path, clock)
    seen = 0
    while "deadman_webhook_ok 1" in one.metrics() and seen < 600:
        run(one, clock, fake, 5)
        seen += 5
    assert seen == allowed
    assert fake.posts == []


def test_a_new_secret_is_tried_at_once_and_a_workflow_never(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 10)
    (tmp_path / "webhook").write_text(f"{fake.url}/other")
    run(one, clock, fake, 10)
    assert fake.probes == 2
    (tmp_path / "webhook").write_text(f"{fake.url}/workflows/T0/A0/x")
    run(one, clock, fake, 7200)
    assert fake.probes == 2, "it would start the workflow"


def test_an_address_that_nobody_answers_on_is_unreachable(tmp_path: Path, fake: Fake) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    (tmp_path / "webhook").write_text(f"http://127.0.0.1:{free_port()}/x")
    run(one, clock, fake, 190, alive=False)
    assert 'deadman_posts_total{result="unreachable"} 1' in one.metrics()


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


def account(server: Smtp, folder: Path, **changes: str) -> Any:
    (folder / "password").write_text("pass word\n")
    env = {
        "DEADMAN_MAIL_TO": "a@example.com, b@example.com", "DEADMAN_MAIL_FROM": "midwatch demo <m@example.com>",
        "DEADMAN_MAIL_SERVER": server.address, "DEADMAN_MAIL_USER": "m", "DEADMAN_MAIL_TLS": "true",
        "DEADMAN_MAIL_PASSWORD_FILE": str(folder / "password"),
    }  # fmt: skip
    return mail.Account.of(env | changes)


def test_what_slack_does_not_take_goes_out_by_mail(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an alarm, while the post to Slack is tried on and on; its end too, and only when its beginning was told."""
    clock = Clock()
    with smtp(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "smtp.crt"))
        one = made(fake, tmp_path, clock, mention="<!here>")
        one.mail = account(server, tmp_path)
        run(one, clock, fake, 60)
        run(one, clock, fake, 60, alive=False)
        run(one, clock, fake, 60)
        assert len(fake.posts) == 2 and server.messages == [], "Slack takes it: no mail"
        fake.slack_status = 404
        run(one, clock, fake, 600, alive=False)
        (told,) = server.messages
        assert told.subject.startswith("🔴 demo: no alert can reach you")
        assert told.to == ("a@example.com", "b@example.com") and told.sender == "m@example.com"
        assert (told.encrypted, told.login) == (True, "m:pass word")
        text = told.part("plain")
        assert "docker compose up -d prometheus" in text
        assert "<!here>" not in text and "*" not in text and "`" not in text
        run(one, clock, fake, 1800, alive=False)
        assert len(server.messages) == 2, "again as seldom as Slack is told"
        run(one, clock, fake, 120)
        assert server.messages[2].subject.startswith("✅ demo: the Watchdog arrives again, after ")
        assert len(server.messages) == 3
        assert 'deadman_mails_total{result="ok"} 3' in one.metrics()


def test_a_mail_that_fails_is_tried_again_and_stops_nothing(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    fake.slack_status = 404
    with smtp(tmp_path) as server:
        one = made(fake, tmp_path, clock)
        one.mail = account(server, tmp_path)
        run(one, clock, fake, 60)
        run(one, clock, fake, 60, alive=False)
        assert set(one.mails) == {"unreachable"}, "the certificate is nobody's"
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "smtp.crt"))
        server.password = "another"
        run(one, clock, fake, 60, alive=False)
        assert set(one.mails) == {"unreachable", "smtp_535"}
        (tmp_path / "password").unlink()
        run(one, clock, fake, 60, alive=False)
        assert one.mails["password_missing"]
        account(server, tmp_path)
        server.password = "pass word"
        run(one, clock, fake, 60, alive=False)
        assert len(server.messages) == 1
    assert "pass word" not in capsys.readouterr().err


def test_no_password_in_clear_text(tmp_path: Path) -> None:
    with smtp(None) as server:
        assert account(server, tmp_path).send("x") == "no_tls"
        assert server.messages == []
        assert account(server, tmp_path, DEADMAN_MAIL_TLS="false", DEADMAN_MAIL_USER="").send("x. y") == "ok"
        assert server.messages[0].subject == "x"
    assert mail.Account.of({}) is None


def test_the_settings_of_the_container_are_the_accounts(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    from midwatch.render.tree import render
    from tests.conftest import make_spec

    email = {"to": ["a@x.de", "b@x.de"], "from": "m@x.de", "smarthost": "mail.x.de:465", "username": "m", "hello": "h"}
    tree = render(make_spec(alerting={"slack": {"channel": "#a"}, "email": email}))
    service = YAML(typ="safe").load(tree["compose.yaml"].data)["services"]["deadman"]
    found = mail.Account.of(service["environment"])
    assert found == mail.Account(
        "a@x.de, b@x.de", "midwatch demo <m@x.de>", "mail.x.de:465", "m", Path("/run/secrets/smtp_password"), True, "h"
    )
    assert "smtp_password" in service["secrets"]


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
