"""E-mail beside Slack: what arrives, for whom, and how; the real Alertmanager, a mail server of the test's own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from midwatch.plan.build import build
from midwatch.render.tree import render
from midwatch.sink.notation import as_text
from tests.conftest import make_spec
from tests.stack.alerting import EXTERNAL, Alerting, alerting
from tests.stack.programs import needed, until
from tests.stack.smtp import Mail, Smtp, smtp
from tests.stack.test_ops_pages import started
from tests.stack.test_slack_message import TEXTS

EMAIL: dict[str, Any] = {
    "to": ["oncall@example.com", "boss@example.com"],
    "from": "midwatch@example.com",
    "smarthost": "smtp.example.com:587",
    "username": "midwatch@example.com",
}


def spec(**email: Any) -> dict[str, Any]:
    return {"name": "shop", "alerting": {"slack": {"channel": "#all"}, "email": {**EMAIL, **email}}}


@dataclass
class Both:
    """Alertmanager, with Slack and a mail server behind it."""

    alerting: Alerting
    smtp: Smtp

    def mails(self, count: int, seconds: float = 20.0) -> list[Mail]:
        log = self.alerting.folder / "log"
        until(lambda: len(self.smtp.messages) >= count, f"{count} mails; {log}", seconds)
        return list(self.smtp.messages)


@contextmanager
def both(folder: Path, *, tls: bool = True, language: str = "en", **email: Any) -> Iterator[Both]:
    with smtp(folder if tls else None) as server:
        password = folder / "smtp_password"
        password.write_text(f"{server.password}\n")

        def change(config: dict[str, Any]) -> None:
            for one in (one for receiver in config["receivers"] for one in receiver.get("email_configs", [])):
                assert one["smarthost"] == EMAIL["smarthost"]
                one["smarthost"] = server.address
                if "auth_password_file" in one:
                    assert one["auth_password_file"] == "/run/secrets/smtp_password"
                    one["auth_password_file"] = str(password)

        env = {"SSL_CERT_FILE": str(folder / "smtp.crt")}
        with alerting(folder, change, env=env, **spec(**email), runbooks={"language": language}) as running:
            yield Both(running, server)


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Both]:
    with both(tmp_path) as running:
        yield running


class Shown(HTMLParser):
    """What a mail program shows of HTML, line by line, and its links."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [""], set[str]()
        self.feed(source.split("<body", 1)[1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.split(">", 1)[1].splitlines() if line.strip()]


def test_a_page_at_3_am(one: Both) -> None:
    one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
    mail = one.mails(1)[0]
    assert mail.subject == "🔴 CRITICAL shop/production: Redis is down"
    assert (mail.sender, mail.to) == ("midwatch@example.com", ("oncall@example.com", "boss@example.com"))
    assert mail.message["From"].addresses[0].display_name == "midwatch shop"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert (mail.encrypted, mail.login) == (True, "midwatch@example.com:pass word")
    lines = [
        "Impact: Sessions are at risk",
        "First: docker compose up -d redis && docker compose logs --tail=50 redis",
        "Runbook: http://127.0.0.1:8080/RedisDown.md",
        "Since: 03:05:09 UTC, 2026-01-02",
    ]
    silence = f"{EXTERNAL}/#/silences/new?filter=%7Balertname%3D%22RedisDown%22%2C%20component%3D%22redis%22%7D"
    text = [line for line in mail.part("plain").splitlines() if line]
    assert text == [mail.subject, *lines, f"Silence: {silence}"]
    shown = Shown(mail.part("html"))
    assert shown.lines == [mail.subject, *lines, "Silence"]
    assert shown.links[1:] == [TEXTS["runbook_url"], silence]
    assert len(one.alerting.messages(1)) == 1, "and Slack has it too"


def test_it_is_over(one: Both) -> None:
    one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
    first = one.mails(1)[0]
    one.alerting.over("RedisDown", TEXTS, severity="critical", component="redis")
    mail = one.mails(2)[1]
    assert mail.subject == "✅ RESOLVED shop/production: Redis is down"
    over = r"over since \d\d:\d\d:\d\d UTC, began 03:05:09 UTC, 2026-01-02"
    assert re.fullmatch(over, mail.part("plain").splitlines()[-1])
    assert re.fullmatch(over, Shown(mail.part("html")).lines[-1])
    assert mail.message["References"] == first.message["References"], "shown as one conversation"


def test_only_what_somebody_must_get_up_for(one: Both) -> None:
    for severity in ("warning", "info"):
        one.alerting.alert(f"Slow{severity}", TEXTS, severity=severity, component=severity)
    one.alerting.messages(2)
    more = {"escalated": "true", "unresolved": "RedisDown"}
    texts = {**TEXTS, "summary": "Not solved for 15 minutes: RedisDown (redis)"}
    one.alerting.alert("CriticalUnresolved", texts, severity="critical", component="redis", **more)
    mail = one.mails(1)[0]
    assert mail.subject == "🔴 CRITICAL shop/production: Not solved for 15 minutes: RedisDown (redis)"
    one.alerting.settle()
    assert len(one.smtp.messages) == 1


@pytest.mark.parametrize("language", ["en", "de"])
def test_it_names_the_host(language: str) -> None:
    """Whoever is woken must know where to go."""
    changes = {**spec(), "host": {"name": "mon-1.example.com"}, "runbooks": {"language": language}}
    tree = render(make_spec(**changes))
    template = tree["alertmanager/templates/email.tmpl"].data.decode()
    assert template.count("mon-1.example.com") == 2, "in the text and in the HTML"
    compose = tree["compose.yaml"].data.decode()
    assert 'DEADMAN_STACK: "shop/production"' in compose and 'DEADMAN_HOST: "mon-1.example.com"' in compose


def test_what_stands_in_a_label_is_text(one: Both) -> None:
    bad = '<script>alert(1)</script> a & b\r\nBcc: all@evil.example "x"'
    texts = {**TEXTS, "summary": bad, "impact": bad, "action": f"docker {bad}", "runbook_url": "javascript:alert(1)"}
    one.alerting.alert("RedisDown", texts, severity="critical", component='re"d <1>&')
    mail = one.mails(1)[0]
    assert mail.message["Bcc"] is None
    assert mail.to == ("oncall@example.com", "boss@example.com")
    assert "<script>alert(1)</script> a & b" in mail.part("plain")
    shown = Shown(mail.part("html"))
    assert "script" not in shown.tags and "<script>alert(1)</script> a & b" in shown.text
    assert [link for link in shown.links if link.startswith("javascript")] == []
    assert "%22re%22d%20%3c1%3e%26" in shown.links[-1].lower()


def test_several_at_once_are_one_message(one: Both) -> None:
    for number in range(9):
        texts = {**TEXTS, "summary": f"The disk of /data{number} is full"}
        one.alerting.alert(
            "HostDiskCritical", texts, severity="critical", component="host", mountpoint=f"/data{number}"
        )
    mail = one.mails(2)[1]
    assert mail.subject.endswith("is full (+8)")
    for text in (mail.part("plain"), Shown(mail.part("html")).text.split("(+8)", 1)[1]):
        assert text.count("\nThe disk of /data") == 6
        assert f"… 3 more, see {EXTERNAL}" in text


def test_an_alert_without_any_text(one: Both) -> None:
    one.alerting.alert("OrdersStuck", severity="critical")
    mail = one.mails(1)[0]
    assert mail.subject == "🔴 CRITICAL shop/production: OrdersStuck"
    assert [line.split(":")[0] for line in mail.part("plain").splitlines() if line][1:] == ["Since", "Silence"]
    assert "<no value>" not in mail.part("plain") + mail.part("html")


def test_german(tmp_path: Path) -> None:
    with both(tmp_path, language="de") as one:
        one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
        mail = one.mails(1)[0]
    words = ["Auswirkung", "Zuerst", "Runbook", "Seit", "Stummschalten"]
    assert [line.split(":")[0] for line in mail.part("plain").splitlines() if line][1:] == words
    assert [line.split(":")[0] for line in Shown(mail.part("html")).lines][1:] == words
    assert 'lang="de"' in mail.part("html")


def test_slack_is_gone_and_mail_arrives_and_the_other_way_round(one: Both) -> None:
    one.alerting.lead_to("/status/404/x")
    one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
    assert one.mails(1)[0].subject.endswith("Redis is down")
    assert not one.alerting.sink.messages
    one.alerting.lead_to("/services/T0/B0/x")
    one.smtp.refuses = "554 no"
    one.alerting.alert("LokiDown", {**TEXTS, "summary": "Loki is down"}, severity="critical", component="loki")
    assert "Loki is down" in as_text(one.alerting.messages(1)[-1])


def test_nothing_is_sent_in_clear_text(tmp_path: Path) -> None:
    """A server without STARTTLS gets nothing, not even a greeting with a password; without TLS only when told so."""
    with both(tmp_path, tls=False) as one:
        one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
        one.alerting.messages(1)
        until(lambda: "STARTTLS" in (tmp_path / "log").read_text(), "Alertmanager says why")
        assert one.smtp.messages == []


def test_a_server_without_login_and_without_tls(tmp_path: Path) -> None:
    with both(tmp_path, tls=False, username=None, require_tls=False, hello="monitoring.example.com") as one:
        one.alerting.alert("RedisDown", TEXTS, severity="critical", component="redis")
        mail = one.mails(1)[0]
    assert (mail.encrypted, mail.login) == (False, "")


def test_page_test_waits_for_both(one: Both) -> None:
    """`./ops page-test` says which of the two has taken it; a mail alone is no message in Slack."""
    ops = started(one.alerting.folder, one.alerting)
    code, said = ops.run("page-test")
    assert code == 0, said
    assert [line.split()[0] for line in said.splitlines()] == ["accepted", "route", "delivered", "mail", "resolved"]
    assert "TEST" in one.mails(1)[0].subject
    assert "mail" not in ops.run("page-test", "warning")[1]
    one.smtp.refuses = "554 no such mailbox"
    code, said = ops.run("page-test")
    assert code == 1
    assert re.search(r"^delivered ", said, re.M)
    assert re.search(r"^LOST .*tried by mail, and it was not taken: .*554", said, re.M), said
    one.smtp.refuses = ""
    one.alerting.lead_to("/status/404/x")
    code, said = ops.run("page-test")
    assert code == 1
    assert re.search(r"^LOST .*tried by Slack, and it was not taken: .*404", said, re.M), said
    assert re.search(r"^mail ", said, re.M) and not re.search(r"^delivered", said, re.M)


def test_the_configuration_and_the_secret(tmp_path: Path) -> None:
    made = make_spec(**spec())
    tree = render(made)
    for path, file in tree.items():
        if path.startswith("alertmanager/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(file.data)
    config = tmp_path / "alertmanager" / "alertmanager.yml"
    done = subprocess.run([needed("amtool"), "check-config", str(config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    mailed = re.findall(r"- name: (\S+)\n    slack_configs:(?:(?!- name:).)*email_configs:", config.read_text(), re.S)
    assert mailed == ["slack-critical", "slack-escalated"]
    plan = build(made)
    (secret,) = [secret for secret in plan.secrets if secret.name == "smtp_password"]
    assert (secret.made, secret.file, secret.services) == ("asked", "smtp_password", ("alertmanager", "deadman"))
    compose = tree["compose.yaml"].data.decode()
    assert "file: ./secrets/smtp_password" in compose and compose.count("- smtp_password") == 2
    assert "secrets/smtp_password" in tree["ops.d/status.sh"].data.decode(), "./ops status names it"


def test_without_email_nothing_of_it_is_there() -> None:
    for tree in (render(make_spec()), render(make_spec(**spec(username=None)))):
        everything = "\n".join(file.data.decode() for file in tree.values())
        assert "smtp_password" not in everything
    assert "alertmanager/templates/email.tmpl" not in render(make_spec())
