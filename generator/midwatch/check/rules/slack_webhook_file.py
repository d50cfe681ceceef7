"""Slack's address comes from a secret file."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.check.document import items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack


def _check(stack: Stack) -> Iterator[Flaw]:
    for use in stack.uses(Kind.ALERTMANAGER):
        document, name = use.file.document, use.service.name
        if document is None:
            continue
        if document.get("global", "slack_api_url"):
            yield Flaw(f"{name}: holds Slack's address itself", document.at("global", "slack_api_url"), name)
        everywhere = bool(document.get("global", "slack_api_url_file"))
        for index, receiver in enumerate(map(mapping, items(document.get("receivers")))):
            for number, config in enumerate(map(mapping, items(receiver.get("slack_configs")))):
                at = document.at("receivers", index, "slack_configs", number)
                if config.get("api_url"):
                    at = document.at("receivers", index, "slack_configs", number, "api_url")
                    yield Flaw(f"{name}: receiver {receiver.get('name')} holds Slack's address itself", at, name)
                elif not config.get("api_url_file") and not everywhere:
                    yield Flaw(f"{name}: receiver {receiver.get('name')} has no api_url_file", at, name)


RULE = Rule(
    id="slack-webhook-file",
    title="Alertmanager reads Slack's address from a secret file",
    why=(
        "Whoever has the webhook's address can write into your channel as the alerting. In a "
        "configuration file it ends up in git."
    ),
    fix="use api_url_file (or global.slack_api_url_file) with a path under /run/secrets",
    blocker=Blocker.ALERTING,
    check=_check,
    good="slack_configs:\n  - api_url_file: /run/secrets/slack_webhook_url",
    bad="slack_configs:\n  - api_url: https://hooks.slack.com/services/…",
)
