"""What is shown of values and texts that hold a secret: in every form in which it may be written."""

from __future__ import annotations

from typing import Any

import pytest

from midwatch import hiding

WORD = "hunter22,x"


@pytest.mark.parametrize(
    "text",
    [
        f"      DB_PASSWORD: {WORD}",
        f'      "DB_PASSWORD": "{WORD} and more" # why',
        f"      - DB_PASSWORD={WORD} and more",
        f'      - "DB_PASSWORD={WORD} and more"',
        f"  smtp_auth_password: {WORD}",
        "basic_auth: {username: u, password: hunter22}",
        "basic_auth: {password: hunter22, username: u}",
        "environment: [A=1, DB_PASSWORD=hunter22]",
        'environment: ["A=1", "DB_PASSWORD=hunter22 and more"]',
        "command: redis-server --requirepass hunter22 --appendonly yes",
        "command: redis-server --requirepass 'hunter22 and more'",
        "command: redis-server --requirepass=hunter22",
        'command: ["redis-server", "--requirepass", "hunter22"]',
        "command: [redis-server, --requirepass, hunter22]",
        "command:\n  - redis-server\n  - --requirepass\n  - hunter22",
        'command:\n  - redis-server\n  - "--requirepass"\n  - "hunter22"',
        "test: redis-cli -a hunter22 ping",
        "requirepass hunter22",
        "masterauth hunter22",
        "export API_KEY='hunter22'",
        "API_TOKEN=hunter22",
        "DB_PASSWORD=${DB_PASSWORD:-hunter22}",
        "  password: |\n    hunter22\n    hunter22\n  user: u",
        "  password:\n    hunter22",
        '  password: "hunter\n    hunter22"',
        "  password: &it hunter22",
        "  auth:\n    - token: hunter22",
        "url: redis://user:hunter22@redis:6379/0",
        "credentials: hunter22",
        "  routing_key: hunter22",
        "  token: 'it''s hunter22'",
    ],
)
def test_no_text_shows_a_secret(text: str) -> None:
    shown = hiding.text(text)
    assert "hunter" not in shown.replace("hunter\n", "")
    assert "and more" not in shown
    assert "(hidden)" in shown
    assert shown.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "  redis_password:\n    file: secrets/redis_password",
        "password_file: /run/secrets/smtp_password",
        "--redis.password-file=/run/secrets/x",
        "DB_PASSWORD: ${DB_PASSWORD:?is missing}",
        "- DB_PASSWORD=$DB_PASSWORD",
        'password=$(cat "$file")',
        "secrets:\n  - source: redis_password\n    target: /run/secrets/redis_password",
        "secrets: [redis_password, slack_webhook_url]",
        "The password is wrong: look at the log.",
        "http://prometheus:9090/-/healthy",
        "follow_redirects: true",
        "  password:\n  user: u",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert hiding.text(text) == text


def test_what_is_beside_a_secret_stays() -> None:
    assert hiding.text("a: {password: hunter22, user: y}") == "a: {password: (hidden), user: y}"
    assert hiding.text("redis-server --requirepass hunter22 --port 1") == "redis-server --requirepass (hidden) --port 1"
    assert hiding.text("password: hunter22 # why") == "password: (hidden) # why"
    assert hiding.text("  password: |\n    x\n  user: u") == "  password: |\n    (hidden)\n  user: u"


@pytest.mark.parametrize(
    ("data", "name", "shown"),
    [
        ("hunter22", "DB_PASSWORD", "(hidden)"),
        (12345678, "DB_PASSWORD", "(hidden)"),
        ("hunter22", "--requirepass value", "(hidden)"),
        ("${TOKEN}", "TOKEN", "${TOKEN}"),
        (True, "use_token", True),
        (["redis-server", "--requirepass", "hunter22"], "command", ["redis-server", "--requirepass", "(hidden)"]),
        (["CMD", "redis-cli", "-a", "hunter22", "ping"], "test", ["CMD", "redis-cli", "-a", "(hidden)", "ping"]),
        (["--password=hunter22", "next"], "command", ["--password=(hidden)", "next"]),
        (["A_TOKEN=hunter22"], "environment", ["A_TOKEN=(hidden)"]),
        ({"basic_auth": {"password": "hunter22"}}, "", {"basic_auth": {"password": "(hidden)"}}),
        ({"redis_password": {"file": "secrets/x"}}, "secrets", {"redis_password": {"file": "secrets/x"}}),
    ],
)
def test_no_value_shows_a_secret(data: Any, name: str, shown: Any) -> None:
    assert hiding.value(data, name) == shown
