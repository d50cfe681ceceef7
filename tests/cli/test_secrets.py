"""`midwatch secrets`: what is said, what is asked, and that no value is ever shown."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.conftest import Run, environment, process

WEBHOOK = "https://hooks.slack.com/services/T0/B0/very-private"


def values(folder: Path) -> list[str]:
    return [path.read_text() for path in (folder / "secrets").iterdir() if not path.name.startswith(".")]


def test_check_names_what_is_missing_and_where_to_get_it(midwatch: Run, project: Path) -> None:
    outcome = midwatch("secrets", "--check", cwd=project)
    assert outcome.code == 1
    assert "missing    slack_webhook_url: " in outcome.out
    assert "api.slack.com" in outcome.out
    assert "missing    redis_password: " in outcome.out
    assert "--stdin slack_webhook_url" in outcome.err
    assert not (project / "secrets").exists()


def test_the_way_through(project: Path) -> None:
    first = process("secrets", cwd=project)
    assert first.code == 1, "the webhook is still missing"
    assert "made       redis_password" in first.out
    assert "missing    slack_webhook_url" in first.out
    second = process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin=WEBHOOK + "\n")
    assert second.code == 0, second.err
    assert "stored     slack_webhook_url" in second.out
    third = process("secrets", "--check", "--format", "json", cwd=project)
    assert third.code == 0
    assert {entry["state"] for entry in json.loads(third.out)["secrets"]} == {"present"}
    assert process("secrets", cwd=project).code == 0
    assert WEBHOOK in values(project)
    said = "".join(outcome.out + outcome.err for outcome in (first, second, third))
    assert not [value for value in values(project) if value.strip() in said]


def test_a_wrong_value_is_not_repeated(project: Path) -> None:
    outcome = process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin="http://example.com/very-private")
    assert outcome.code == 2
    assert "https://" in outcome.err
    assert "private" not in outcome.err + outcome.out
    outcome = process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin="")
    assert outcome.code == 2
    assert "empty" in outcome.err


def test_a_value_that_is_there_needs_rotate(project: Path) -> None:
    process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin=WEBHOOK)
    other = WEBHOOK + "2"
    outcome = process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin=other)
    assert outcome.code == 2
    assert "--rotate slack_webhook_url" in outcome.err
    assert other not in values(project)
    args = ("secrets", "--stdin", "slack_webhook_url", "--rotate", "slack_webhook_url", "--rotate", "redis_password")
    before = (project / "secrets/redis_password").read_text()
    assert process(*args, cwd=project, stdin=other).code == 0
    assert other in values(project)
    assert (project / "secrets/redis_password").read_text() != before


def test_dry_run(midwatch: Run, project: Path) -> None:
    outcome = midwatch("secrets", "--dry-run", cwd=project)
    assert outcome.code == 1
    assert "would make redis_password" in outcome.out
    assert "would ask for slack_webhook_url" in outcome.out
    assert "would derive redis_users_acl" in outcome.out
    assert not (project / "secrets").exists()
    process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin=WEBHOOK)
    assert midwatch("secrets", "--dry-run", cwd=project).code == 0
    assert midwatch("secrets", "--dry-run", "--rotate", "redis_password", cwd=project).code == 1


def test_unknown_name(midwatch: Run, project: Path) -> None:
    outcome = midwatch("secrets", "--rotate", "redis_pasword", cwd=project)
    assert outcome.code == 2
    assert "redis_password" in outcome.err


def test_the_prompt_hides_what_is_typed(project: Path) -> None:
    main, side = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "midwatch", "secrets"],
        cwd=project, env=environment(TERM="xterm"), stdin=side, stdout=side, stderr=side, start_new_session=True,
    )  # fmt: skip
    os.close(side)
    seen, typed, deadline = "", 0, time.monotonic() + 60
    answers = ["http://example.com/first-private\n", WEBHOOK + "\n"]
    while time.monotonic() < deadline:
        if select.select([main], [], [], 0.2)[0]:
            try:
                seen += os.read(main, 65536).decode(errors="replace")
            except OSError:
                break
        if typed < len(answers) and seen.count("value (hidden") == typed + 1:
            time.sleep(0.2)
            os.write(main, answers[typed].encode())
            typed += 1
    child.wait(timeout=20)
    os.close(main)
    assert typed == 2, seen
    assert child.returncode == 0, seen
    assert "That cannot be right" in seen
    assert "private" not in seen
    assert WEBHOOK in values(project)


def test_the_mail_password_is_wanted_where_there_is_a_login(midwatch: Run, project: Path) -> None:
    spec = project / "stack.yaml"
    mail = "  email: {to: [a@example.com], from: m@example.com, smarthost: 'mail.example.com:587'"
    spec.write_text(f"{spec.read_text()}{mail}}}\n")
    assert "smtp_password" not in midwatch("secrets", "--check", cwd=project).out
    spec.write_text(spec.read_text().replace("587'", "587', username: m, password_secret: mailbox"))
    assert process("secrets", "--stdin", "slack_webhook_url", cwd=project, stdin=WEBHOOK).code == 1
    assert midwatch("generate", "--force", cwd=project).code == 0
    outcome = midwatch("secrets", "--check", cwd=project)
    assert outcome.code == 1
    assert "missing    smtp_password: Password of alerting.email.username" in outcome.out
    found = midwatch("check", "--only", "secret-files", cwd=project)
    assert found.code == 1
    assert "secret smtp_password has not been made yet (secrets/mailbox, for alertmanager, deadman)" in found.out
    assert "mailbox" in (project / "ops.d/status.sh").read_text()
    # Providers hand out passwords for programs in groups of four.
    assert process("secrets", "--stdin", "smtp_password", cwd=project, stdin="abcd efgh private\n").code == 0
    assert (project / "secrets" / "mailbox").read_text() == "abcd efgh private"
    assert midwatch("check", "--only", "secret-files", cwd=project).code == 0
