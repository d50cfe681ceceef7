"""E-mail beside Slack on the whole stack: a page, its all-clear, and the dead-man sidecar when nothing else speaks."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from midwatch.plan.model import Plan
from tests.lab.engine import Engine
from tests.lab.report import Report
from tests.lab.stack import FAKES, PYTHON, Stack, running
from tests.stack.programs import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]

EMAIL = {"to": ["oncall@mail.lab"], "from": "midwatch@mail.lab", "smarthost": "mail.lab:25", "require_tls": False}
SPEC = {"alerting": {"slack": {"channel": "#monitoring-alerts"}, "email": EMAIL}}


@contextmanager
def mail_server(_folder: Path, _plan: Plan) -> Iterator[dict[str, Any]]:
    """One more service, where the stack reaches what is outside."""
    mail = {"image": PYTHON, "volumes": [f"{FAKES}:/fakes:ro"], "command": ["python3", "-u", "/fakes/mail.py"],
            "init": True, "networks": {"egress": {"aliases": ["mail.lab"]}}}  # fmt: skip
    yield {"services": {"mail": mail}}


def mails(stack: Stack) -> list[dict[str, Any]]:
    (answer,) = stack.ask("mail", {"url": "http://127.0.0.1:8080/messages"})
    found: list[dict[str, Any]] = json.loads(answer["text"])
    return found


def arrived(stack: Stack, words: str, seconds: float) -> float:
    """Seconds until a mail with these words in its subject was there; the test fails where none comes."""
    start = time.monotonic()
    until(lambda: any(words in mail["subject"] for mail in mails(stack)), f"a mail: {words}", seconds)
    return time.monotonic() - start


def test_a_critical_page_arrives_by_mail_too(engine: Engine, report: Report) -> None:
    with running(engine, "small", SPEC, mail_server) as stack:
        assert stack.problem == ""
        done = subprocess.run(["./ops", "page-test"], cwd=stack.folder, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [line.split()[0] for line in done.stdout.splitlines()][2:4] == ["delivered", "mail"]
        stack.compose("stop", "redis")
        where = f"{stack.name}/{stack.plan.environment}: Redis"
        page = arrived(stack, f"CRITICAL {where}", 90)
        down = next(mail for mail in mails(stack) if where in mail["subject"])
        assert down["to"] == ["oncall@mail.lab"]
        assert "/Redis" in down["text"], "the runbook"
        stack.compose("start", "redis")
        clear = arrived(stack, f"RESOLVED {where}", 150)
        # Slack's webhook is revoked, and Alertmanager dies: what is left is the sidecar and the mail server.
        webhook = stack.folder / "secrets" / "slack_webhook_url"
        webhook.chmod(0o644)
        webhook.write_text("http://slack.lab:8080/status/404/gone\n")
        stack.compose("stop", "alertmanager")
        deadman = arrived(stack, f"🔴 {stack.name}", 150)
        report.note(f"mail: page after {page:.0f} s, all-clear after {clear:.0f} s, dead-man sidecar's {deadman:.0f} s")
