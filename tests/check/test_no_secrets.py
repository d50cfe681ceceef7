"""Secrets in files are found, and what only looks like one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.check import stack
from tests.check.conftest import rules_of

# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "a Slack webhook address": "https://hooks.slack.com/services/"
    + "T01AB2CD3/B01AB2CD3/"
    + "a1B2c3D4e5F6g7H8i9J0k1L2",
    "a Slack token": "xoxb-" + "123456789012-abcdefABCDEF123456",
    "an AWS access key": "AKIA" + "Q2W3E4R5T6Y7U8I9",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a GitHub token": "ghp_" + "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8",
    "a GitLab token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "a bearer token": "Authorization: Bearer " + "a1B2c3D4e5F6g7H8i9J0k1L2m3",
    "a password in an address": "redis://default:" + "s3cr3tpass@redis:6379",
    "a literal value for password": "password: " + "hunter2hunter2",
    "a literal value for REDIS_PASSWORD": "REDIS_PASSWORD=" + "hunter2hunter2",
}
HARMLESS = [
    "https://hooks.slack.com/services/T000/B000/XXXXXXXX",
    "https://hooks.slack.com/services/TXXXXXXXX/BXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXXXX",
    "AKIAIOSFODNN7EXAMPLE",
    'pattern: "Bearer [A-Za-z0-9._~+/-]{20,}=*"',
    'replace_pattern(body, "Bearer\\\\s+[A-Za-z0-9]+", "<token>")',
    "password: ${REDIS_PASSWORD}",
    "password_file: /run/secrets/redis_password",
    "REDIS_PASSWORD_FILE=/run/secrets/redis_exporter_password",
    "REDIS_PASSWORD=",
    "password: <the password>",
    "api_key: true",
    "redis_password: redis_exporter_password",
    "redis://exporter@redis:6379",
    "http://127.0.0.1:9090/-/healthy",
    "# password: see secrets/redis_password",
    "s3:https://minio.example.com/bucket",
]


@pytest.mark.parametrize(("what", "line"), SECRETS.items(), ids=SECRETS)
def test_a_secret_is_found_and_never_shown(good: Path, what: str, line: str) -> None:
    (good / "extra.env").write_text(f"# a comment\n{line}\n")
    (finding,) = rules_of(stack.read(good, use_compose=False), "no-secrets")
    assert finding.severity == "error"
    assert (finding.file, finding.line) == ("extra.env", 2)
    assert what in finding.message
    assert line not in repr(finding)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_a_secret_is_left_alone(good: Path, line: str) -> None:
    (good / "extra.env").write_text(line + "\n")
    assert rules_of(stack.read(good, use_compose=False), "no-secrets") == ()


def test_the_secrets_themselves_are_not_read(good: Path) -> None:
    (good / "secrets" / "slack_webhook_url").write_text(SECRETS["a Slack webhook address"])
    parsed = stack.read(good, use_compose=False)
    assert not any(path.startswith("secrets/") for path in parsed.files)
    assert rules_of(parsed, "no-secrets") == ()
