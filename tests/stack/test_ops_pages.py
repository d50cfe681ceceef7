"""`ops page-test`, `silence` and what `status` says of the webhook: the generated script, a real Alertmanager."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from midwatch.render.tree import render
from midwatch.sink.notation import as_text
from tests.conftest import make_spec
from tests.stack.alerting import Alerting, alerting
from tests.stack.docker_shim import install
from tests.stack.ops import put, put_calling
from tests.stack.programs import fetch, free_port, needed, until

SPEC: dict[str, Any] = {
    "apps": [{"name": "shop", "port": 3000}],
    "alerting": {"slack": {"channel": "#all", "channels": {"critical": "#night"}}},
}


@dataclass
class Ops:
    """The script in a project's folder."""

    alerting: Alerting
    env: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.alerting.folder

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/sh", "./ops", *words], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=150
        )
        assert "verysecret" not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr


def started(folder: Path, one: Alerting) -> Ops:
    put(render(one.spec), folder)
    (folder / "deadman").write_text("deadman_webhook_ok 1\n")
    (folder / "secrets").mkdir()
    path = f"{install(folder, one.url)}{os.pathsep}{Path(needed('amtool')).parent}{os.pathsep}{os.environ['PATH']}"
    return Ops(one, {"PATH": path, "USER": "ann", "HOME": str(folder)})


@pytest.fixture
def ops(tmp_path: Path) -> Iterator[Ops]:
    with alerting(tmp_path, **SPEC) as one:
        yield started(tmp_path, one)


@pytest.mark.parametrize(("severity", "channel"), [("critical", "#night"), ("warning", "#all"), ("info", "#all")])
def test_a_page_arrives_and_ends(ops: Ops, severity: str, channel: str) -> None:
    code, said = ops.run("page-test", severity)
    assert code == 0, said
    assert re.search(rf"^route +slack-{severity}$", said, re.MULTILINE)
    assert re.search(r"^delivered +after \d+ s$", said, re.MULTILINE)
    message = ops.alerting.messages(1)[0]
    assert message.channel == channel
    shown = as_text(message)
    assert "TEST demo/production: This is a test: ann asks whether pages arrive" in shown
    assert "on-call-start.md" in shown
    assert "RESOLVED TEST" in as_text(ops.alerting.messages(2)[1])


def test_twice_in_a_row(ops: Ops) -> None:
    """The second is an alert of its own, and waits for nothing."""
    assert ops.run("page-test")[0] == 0
    assert ops.run("page-test")[0] == 0


def test_the_webhook_refuses(ops: Ops) -> None:
    ops.alerting.lead_to("/status/404/verysecret")
    code, said = ops.run("page-test")
    assert code == 1
    assert "LOST       Alertmanager tried by Slack, and it was not taken: " in said
    assert "unexpected status code 404: no_service" in said
    assert "AlertmanagerNotificationsFailing" in said


def test_nobody_answers(ops: Ops) -> None:
    ops.alerting.secret.write_text(f"http://127.0.0.1:{free_port()}/verysecret")
    code, said = ops.run("page-test")
    assert code == 1
    assert "connection refused" in said


def test_a_silence_holds_it_back(ops: Ops) -> None:
    body = (
        b'{"matchers":[{"name":"severity","value":"critical","isRegex":false,"isEqual":true}],"createdBy":"x",'
        b'"comment":"x","startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z"}'
    )
    assert fetch(f"{ops.alerting.url}/api/v2/silences", "POST", body, "application/json")[0] == 200
    code, said = ops.run("page-test")
    assert code == 1
    assert "LOST       a silence covers it" in said


def test_an_inhibition_holds_it_back(tmp_path: Path) -> None:
    rule = {"source_matchers": ['alertname="Mute"'], "target_matchers": ['test="true"']}
    with alerting(tmp_path, lambda config: config["inhibit_rules"].append(rule), **SPEC) as one:
        ops = started(tmp_path, one)
        one.alert("Mute", severity="info")
        code, said = ops.run("page-test")
    assert code == 1
    assert "LOST       another alert inhibits it" in said


def test_a_route_that_ends_nowhere(tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        config["route"]["routes"][2]["receiver"] = "nobody"

    with alerting(tmp_path, change, **SPEC) as one:
        code, said = started(tmp_path, one).run("page-test")
    assert code == 1
    assert "LOST       its route ends nowhere" in said


def test_alertmanager_is_dead_or_docker_is(ops: Ops) -> None:
    (ops.folder / "no-alertmanager").touch()
    code, said = ops.run("page-test")
    assert code == 1
    assert "LOST       Alertmanager does not answer" in said
    assert "docker compose up -d alertmanager" in said
    (ops.folder / "no-engine").touch()
    for command in ("page-test", "status", "silences", "reload"):
        code, said = ops.run(command)
        assert code == 3, (command, said)
        assert said.startswith("Docker cannot be asked: does it run") and said.count("\n") == 1
    assert ops.run("help")[0] == 0, "that needs no Docker"


def test_containers_of_the_same_name_from_another_folder(ops: Ops) -> None:
    """Two checkouts with one name: what is said here would be said of the other one."""
    here = (ops.folder / "moved").resolve()
    here.symlink_to(ops.folder)
    (ops.folder / "started-from").write_text(f"{here}\n{ops.folder}\n")
    assert "WARNING" not in ops.run("page-test")[1], "the same folder by another path"
    (ops.folder / "started-from").write_text(f"/srv/other\n{ops.folder}\n")
    code, said = ops.run("page-test")
    assert code == 0
    assert "WARNING: containers called demo were started from another folder: /srv/other" in said


def test_in_german(tmp_path: Path) -> None:
    with alerting(tmp_path, **SPEC, runbooks={"language": "de"}) as one:
        ops = started(tmp_path, one)
        code, said = ops.run("page-test")
        assert code == 0
        assert re.search(r"^zugestellt nach \d+ s$", said, re.MULTILINE)
        assert "Das ist ein Test: ann prüft, ob Meldungen ankommen" in as_text(one.messages(1)[0])
        assert "DIENST DAUER GRUND" in ops.run("help")[1]


def test_called_the_wrong_way(ops: Ops) -> None:
    for words in (["page-test", "loud"], ["silence", "redis"], ["silence", "redis", "soon", "x"],
                  ["silence", "nothing", "30m", "x"], ["nonsense"], ["unsilence"]):  # fmt: skip
        code, said = ops.run(*words)
        assert code == 2 and said, words
    asked = ops.folder / "asked"
    assert not asked.exists() or "silence" not in asked.read_text()


def test_what_is_not_there_is_said_in_words(ops: Ops) -> None:
    """Never the words of amtool or Compose, nor a list that does not have what was asked for."""
    code, said = ops.run("silence", "nix", "10m", "x")
    assert code == 2 and "no service or app nix" in said
    assert "redis" in said and "shop" in said, "apps too"
    code, said = ops.run("unsilence", "123")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("there is no silence 123 that could end: ./ops silences")
    code, said = ops.run("logs", "nix")
    assert (code, said) == (2, "there is no service nix: ./ops status lists them\n")


def test_silence_and_its_end(ops: Ops) -> None:
    code, said = ops.run("silence", "redis", "30m", "moving", 'to "the" new disk; $(id)')
    assert code == 0
    identity = re.search(r"\./ops unsilence ([0-9a-f-]{36})", said)
    assert identity
    _, listed = ops.run("silences")
    assert 'moving to "the" new disk; $(id)' in listed and "ann" in listed and 'component="redis"' in listed
    ops.alerting.alert("RedisDown", severity="critical", component="redis")
    ops.alerting.alert("TargetDown", severity="critical", component="redis-exporter")
    assert ops.alerting.state("RedisDown") == "suppressed"
    assert ops.alerting.state("TargetDown") == "active", "no other service, even of a longer name"
    assert ops.run("unsilence", identity[1]) == (0, "ended\n")
    assert ops.alerting.state("RedisDown") == "active"
    assert ops.run("silence", "shop", "1h30m", "why")[0] == 0, "an app has a name too"


@pytest.mark.parametrize(
    ("secret", "metrics", "code", "words"),
    [
        ("https://hooks.slack.com/services/verysecret", "deadman_webhook_ok 1", 0, ""),
        (None, "deadman_webhook_ok 1", 1, "missing or empty"),
        ("", "deadman_webhook_ok 1", 1, "missing or empty"),
        ("verysecret", "deadman_webhook_ok 1", 1, "no address of a webhook"),
        ("https://very secret", "deadman_webhook_ok 1", 1, "no address of a webhook"),
        ("http://sink:8098/verysecret", "deadman_webhook_ok 1", 0, "stand-in for Slack"),
        ("https://hooks.slack.com/verysecret", "deadman_webhook_ok 0", 1, "does not take messages: http_404"),
        ("https://hooks.slack.com/verysecret", "", 1, "is not known"),
    ],
)
def test_what_status_says_of_the_webhook(
    tmp_path: Path, secret: str | None, metrics: str, code: int, words: str
) -> None:
    """The function alone: what the rest of `status` needs of an engine is the lab's."""
    put_calling(render(make_spec(**SPEC)), tmp_path, "part status\nwebhook")
    (tmp_path / "secrets").mkdir()
    if secret is not None:
        (tmp_path / "secrets" / "slack_webhook_url").write_text(secret)
    (tmp_path / "deadman").write_text(metrics)
    (tmp_path / "log").write_text("00:00:00Z webhook: usable again\n00:00:01Z webhook: http_404\n")
    env = {"PATH": f"{install(tmp_path, '')}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", tmp_path / "ops"], env=env, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (code, "")
    assert words in done.stdout and bool(words) == bool(done.stdout)
    assert "verysecret" not in done.stdout


def test_it_resolves_when_it_is_interrupted(ops: Ops) -> None:
    import signal

    ops.alerting.secret.write_text(f"http://127.0.0.1:{free_port()}/x")
    process = subprocess.Popen(["/bin/sh", "./ops", "page-test"], cwd=ops.folder, env=ops.env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    until(lambda: b"route" in (process.stdout.readline() if process.stdout else b""), "the alert is there")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 1
    alerts = fetch(f"{ops.alerting.url}/api/v2/alerts?filter=alertname%3D%22PageTest%22")[1]
    assert alerts.strip() == "[]"


def status(tmp_path: Path, url: str, language: str, **changes: Any) -> tuple[int, str]:
    """`status` without what it says of upgrades, which is the lab's."""
    tree = render(make_spec(**SPEC, **changes, runbooks={"language": language}))
    put_calling(tree, tmp_path, "part status\nproject=demo\nkeep_well() { :; }\nstatus")
    (tmp_path / "secrets").mkdir(exist_ok=True)
    (tmp_path / "secrets" / "slack_webhook_url").write_text("https://hooks.slack.com/verysecret")
    (tmp_path / "deadman").write_text("deadman_webhook_ok 1\n")
    paths = (str(install(tmp_path, url)), str(Path(needed("amtool")).parent), os.environ["PATH"])
    done = subprocess.run(
        ["/bin/sh", "./ops"], cwd=tmp_path, env={"PATH": os.pathsep.join(paths), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("language", "head", "dead", "missing"),
    [("en", "demo (staging) on host mon-1.example.com", "stopped, exit code 137", "The Watchdog is missing"),
     ("de", "demo (staging) auf Host mon-1.example.com", "beendet, Exit-Code 137", "Der Watchdog fehlt")],
)  # fmt: skip
def test_status_in_words(tmp_path: Path, language: str, head: str, dead: str, missing: str) -> None:
    changes = {"environment": "staging", "host": {"name": "mon-1.example.com"}}
    with alerting(tmp_path, **SPEC) as one:
        code, said = status(tmp_path, one.url, language, **changes)
        assert code == 1 and said.startswith(head)
        assert missing in said and "Alertname" not in said, "no empty table"
        one.alert("Watchdog", severity="info")
        code, said = status(tmp_path, one.url, language, **changes)
        assert code == 0 and "Watchdog" in said and missing not in said
        (tmp_path / "state-prometheus").write_text("exited 137 unhealthy")
        code, said = status(tmp_path, one.url, language, **changes)
    assert code == 1 and re.search(rf"^prometheus +{dead}$", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Critical: RedisDown. What to do: ./ops runbook RedisDown"),
     ("de", "Kritisch: RedisDown. Was zu tun ist: ./ops runbook RedisDown")],
)  # fmt: skip
def test_status_is_not_content_while_a_critical_alert_fires(tmp_path: Path, language: str, said: str) -> None:
    with alerting(tmp_path, **SPEC) as one:
        one.alert("Watchdog", severity="critical")
        one.alert("LokiSlow", severity="warning", component="loki")
        one.alert("PageTest", severity="critical", component="page-test", test="true")
        assert status(tmp_path, one.url, language)[0] == 0, "not for these"
        one.alert("RedisDown", severity="critical", component="redis")
        code, told = status(tmp_path, one.url, language)
        assert code == 1
        assert [line for line in told.splitlines() if "./ops runbook" in line] == [said]
        body = (
            b'{"matchers":[{"name":"component","value":"redis","isRegex":false,"isEqual":true}],"createdBy":"x",'
            b'"comment":"x","startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z"}'
        )
        assert fetch(f"{one.url}/api/v2/silences", "POST", body, "application/json")[0] == 200
        until(lambda: one.state("RedisDown") == "suppressed", "it is silent")
        assert status(tmp_path, one.url, language)[0] == 0, "somebody works on it"


def test_status_without_a_name_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "no-alertmanager").touch()
    code, said = status(tmp_path, "", "en")
    assert code == 1 and "on host vm" in said and "Alertmanager does not answer" in said
