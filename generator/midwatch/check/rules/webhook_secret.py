"""Slack's address is one that messages reach people by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from midwatch.check.document import items, mapping
from midwatch.check.finding import Blocker
from midwatch.check.kinds import Kind
from midwatch.check.profile import Profile
from midwatch.check.rule import Flaw, Rule
from midwatch.check.stack import Stack
from midwatch.secrets.forms import slack_webhook, stand_in

_LARGEST = 64 * 1024


def _check(stack: Stack) -> Iterator[Flaw]:
    for name in sorted(_named(stack)):
        path = stack.secret_file(name)
        address = _read(stack.folder / path) if path else ""
        if not address:
            continue  # the rule secret-files says so
        at, key = stack.at("secrets", name), f"secrets.{name}"
        if stand_in(address):
            yield Flaw(
                f"{path} leads to a stand-in for Slack: no message reaches anybody", at, key=key,
                hint="for real messages: 'midwatch secrets --rotate slack_webhook_url'",
                severity=None if stack.profile >= Profile.PRODUCTION else "warning",
            )  # fmt: skip
        elif wrong := slack_webhook(address):
            yield Flaw(f"{path} is no address of a webhook: {wrong}", at, key=key)


def _named(stack: Stack) -> set[str]:
    """Secrets that an Alertmanager reads Slack's address from."""
    files: set[str] = set()
    for use in stack.uses(Kind.ALERTMANAGER):
        if use.file.document is None:
            continue
        files.add(str(use.file.document.get("global", "slack_api_url_file") or ""))
        for receiver in map(mapping, items(use.file.document.get("receivers"))):
            files |= {str(one.get("api_url_file") or "") for one in map(mapping, items(receiver.get("slack_configs")))}
    return {PurePosixPath(file).name for file in files if PurePosixPath(file).parent == PurePosixPath("/run/secrets")}


def _read(path: Path) -> str:
    """The address, which never leaves this module; empty where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace").strip()
    except OSError:
        return ""


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
