"""Slack's address is one that messages reach people by."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.finding import Blocker
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.check.webhook import webhooks
from midwatch.secrets.forms import slack_webhook, stand_in


def _check(stack: Stack) -> Iterator[Flaw]:
    for webhook in webhooks(stack):  # that a file is there and not empty is the matter of the rule secret-files
        at, key = stack.at("secrets", webhook.secret), f"secrets.{webhook.secret}"
        if stand_in(webhook.address):
            yield Flaw(
                f"{webhook.path} leads to a stand-in for Slack: no message reaches anybody", at, key=key,
                hint="for real messages: 'midwatch secrets --rotate slack_webhook_url'",
                severity=None if stack.profile >= Profile.PRODUCTION else "warning",
            )  # fmt: skip
        elif wrong := slack_webhook(webhook.address):
            yield Flaw(f"{webhook.path} is no address of a webhook: {wrong}", at, key=key)


RULE = Rule(
    id="webhook-secret",
    title="The webhook's secret is an address that leads to people",
    why=(
        "A wrong paste, or a stand-in that was left from a trial, looks like a working stack until the night "
        "on which nobody is called."
    ),
    fix="run 'midwatch secrets --rotate slack_webhook_url', then './ops page-test' on the host",
    blocker=Blocker.ALERTING,
    check=_check,
    good="# secrets/slack_webhook_url\nhttps://hooks.slack.com/services/T…/B…/…",
    bad="# secrets/slack_webhook_url\nhttp://sink:8098/midwatch",
)
