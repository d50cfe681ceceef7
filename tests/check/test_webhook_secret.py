"""The webhook's secret: a wrong paste and a left stand-in are found, and the value is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.check import stack
from midwatch.check.profile import Profile
from tests.check.conftest import edit, rules_of

HIDDEN = "T0SECRETPART"


def found(folder: Path, value: str, profile: Profile = Profile.PRODUCTION) -> list[tuple[str, str]]:
    (folder / "secrets" / "slack_webhook_url").write_text(value)
    findings = rules_of(stack.read(folder, profile=profile, use_compose=False), "webhook-secret")
    assert all(HIDDEN not in finding.message + finding.hint for finding in findings)
    return [(finding.severity, finding.message) for finding in findings]


@pytest.mark.parametrize(
    "value", [f"https://hooks.slack.com/services/{HIDDEN}/B0/x\n", "https://mattermost.example.com/hooks/a", "", "\n"]
)
def test_good_or_not_its_business(good: Path, value: str) -> None:
    assert found(good, value) == []


@pytest.mark.parametrize(
    "value", [f"xoxb-{HIDDEN}", f"hooks.slack.com/services/{HIDDEN}", f"http://a.example/{HIDDEN}"]
)
def test_a_wrong_paste(good: Path, value: str) -> None:
    for profile in Profile:
        ((severity, message),) = found(good, value, profile)
        assert severity == "error"
        assert message.startswith("secrets/slack_webhook_url is no address of a webhook: ")


@pytest.mark.parametrize("value", [f"http://sink:8098/{HIDDEN}", f"http://127.0.0.1:9/{HIDDEN}"])
def test_a_stand_in_is_an_error_in_production_and_a_warning_elsewhere(good: Path, value: str) -> None:
    for profile, severity in ((Profile.PRODUCTION, "error"), (Profile.STAGING, "warning")):
        ((shown, message),) = found(good, value, profile)
        assert (shown, message) == (
            severity, "secrets/slack_webhook_url leads to a stand-in for Slack: no message reaches anybody"
        )  # fmt: skip


def test_another_file_than_the_usual_is_found_by_what_alertmanager_reads(good: Path) -> None:
    edit(good, "alertmanager/alertmanager.yml", "/run/secrets/slack_webhook_url", "/elsewhere/slack_webhook_url", -1)
    assert found(good, "nonsense") == []
