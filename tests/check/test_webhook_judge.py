"""The webhook is asked whether it takes messages; a stand-in on loopback answers as Slack would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.check import run, stack
from midwatch.check.finding import CheckResult, Finding
from midwatch.sink.server import Sink

HIDDEN = "T0SECRETPART"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink("127.0.0.1", 0, lambda _: None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def judged(folder: Path, address: str, *, offline: bool = False) -> tuple[CheckResult, tuple[Finding, ...]]:
    (folder / "secrets" / "slack_webhook_url").write_text(address)
    report = run.run(stack.read(folder, use_compose=False, offline=offline), only=["webhook"])
    (result,) = report.judges
    assert all(HIDDEN not in finding.message + finding.hint for finding in report.findings)
    assert HIDDEN not in result.reason
    return result, report.findings


def test_one_that_takes_messages(good: Path, sink: Sink) -> None:
    result, findings = judged(good, f"http://127.0.0.1:{sink.server_address[1]}/{HIDDEN}\n")
    assert (result.status, findings) == ("passed", ())
    assert list(sink.messages) == [], "asked without a message"


@pytest.mark.parametrize(("status", "said"), [(404, "404 (no_service)"), (403, "403"), (410, "410")])
def test_one_that_was_revoked(good: Path, sink: Sink, status: int, said: str) -> None:
    result, (finding,) = judged(good, f"http://127.0.0.1:{sink.server_address[1]}/status/{status}/{HIDDEN}")
    assert result.status == "failed"
    assert (finding.severity, finding.file, finding.key) == ("error", "compose.yaml", "secrets.slack_webhook_url")
    assert finding.message.startswith(f"the webhook in secrets/slack_webhook_url answers {said}")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_or_ill_says_nothing_about_it(good: Path, sink: Sink, status: int) -> None:
    result, findings = judged(good, f"http://127.0.0.1:{sink.server_address[1]}/status/{status}/{HIDDEN}")
    assert (result.status, findings) == ("skipped", ())
    assert f"slack_webhook_url: {status}" in result.reason


def test_one_that_cannot_be_reached_from_here(good: Path) -> None:
    result, findings = judged(good, f"http://127.0.0.1:9/{HIDDEN}")
    assert (result.status, findings) == ("skipped", ())
    assert "ConnectionRefusedError" in result.reason


@pytest.mark.parametrize(
    ("address", "offline"),
    [("", False), (f"xoxb-{HIDDEN}", False), (f"http://127.0.0.1:9/workflows/{HIDDEN}", False),
     (f"http://127.0.0.1:9/{HIDDEN}", True)],
)  # fmt: skip
def test_nobody_is_asked(good: Path, address: str, offline: bool) -> None:
    result, findings = judged(good, address, offline=offline)
    assert (result.status, findings) == ("nothing", ())
