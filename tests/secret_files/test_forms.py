"""What a webhook looks like."""

from __future__ import annotations

import pytest

from midwatch.plan.build import build
from midwatch.secrets.forms import problem_with, slack_webhook, stand_in
from tests.conftest import make_spec

GOOD = [
    "https://hooks.slack.com/services/T012/B345/abcDEF",
    "https://hooks.slack-gov.com/services/T0/B0/x",
    "https://mattermost.example.com/hooks/abc",
    "http://127.0.0.1:9999/slack",
    "http://localhost:1/",
    "http://[::1]:8080/x",
    "https://hooks.slack.com/workflows/T0/A0/1/2",
]
BAD = [
    "hooks.slack.com/services/T0/B0/x",
    "http://hooks.slack.com/services/T0/B0/x",
    "http://127.0.0.1.example.com/x",
    "http://localhost.example.com/x",
    "https://hooks.slack.com/services/T0/B0",
    "https://hooks.slack.com/",
    "https://hooks.slack.com",
    "https://",
    "https://[::1",
    "https://example.com:99999999/x",
    "ftp://127.0.0.1/x",
    "xoxb-1234-token",
]


TRIAL = ["http://sink:8098/midwatch", "http://host.docker.internal:8098/x", "http://SINK/x"]


@pytest.mark.parametrize("value", GOOD)
def test_good(value: str) -> None:
    assert slack_webhook(value) == ""
    assert slack_webhook(value, trial=True) == ""


@pytest.mark.parametrize("value", BAD)
def test_bad(value: str) -> None:
    assert slack_webhook(value)
    assert slack_webhook(value, trial=True)


@pytest.mark.parametrize("value", TRIAL)
def test_a_stand_in_is_for_a_trial(value: str) -> None:
    assert "nobody would be told" in slack_webhook(value)
    assert slack_webhook(value, trial=True) == ""
    assert stand_in(value)


@pytest.mark.parametrize("value", [one for one in GOOD if one.startswith("https:")] + BAD + ["http://2130706433/x"])
def test_what_is_no_stand_in(value: str) -> None:
    assert not stand_in(value)


def test_a_key_file_may_have_several_lines_and_a_password_may_not() -> None:
    plan = build(make_spec(backup={"destination": "sftp:backup@backup.example.com:/srv"}))
    key = next(secret for secret in plan.secrets if secret.name == "backup_sftp_key")
    other = next(secret for secret in plan.secrets if secret.name == "slack_webhook_url")
    assert problem_with("-----BEGIN KEY-----\nabc def\n-----END KEY-----", key, plan) == ""
    assert problem_with("abc\x00", key, plan)
    assert problem_with("a line\n" * 2000, key, plan) == "", "a chain of certificates"
    assert "longer than 65536" in problem_with("a line\n" * 20000, key, plan)
    assert problem_with("https://hooks.slack.com/services/T0/B0/x\nmore", other, plan)
