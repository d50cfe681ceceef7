"""The dead-man sidecar's mail, for what Slack does not take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.deadman_fakes import Clock, Fake, faking, made, mail, run
from tests.stack.smtp import Smtp, smtp


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faking() as server:
        yield server


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
