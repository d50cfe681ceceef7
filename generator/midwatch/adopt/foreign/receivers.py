"""Whom Alertmanager tells: the Slack channels, and what has to be settled by hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from midwatch.adopt.foreign.proposal import Found, Left, Taken
from midwatch.adopt.foreign.routes import Route, others, routes
from midwatch.check.document import Document, items, mapping
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.spec.checks import CHANNEL, matches

FALLBACK = "#monitoring-alerts"
_CONFIGS = re.compile(r"^(?P<how>\w+)_configs$")


@dataclass(frozen=True, slots=True)
class _Channel:
    """A Slack channel, and the receiver that posts to it."""

    receiver: str
    channel: str
    at: Position


def receivers(stack: Stack) -> Iterator[Found]:
    """The general channel, one per severity where routes by severity lead elsewhere, and the channels that get lost."""
    document = next((use.file.document for use in stack.uses(Kind.ALERTMANAGER) if use.file.document), None)
    if document is None:
        yield Left("who is told: there is no Alertmanager", f"{FALLBACK} is a guess: say your channel", stack.at())
        yield Taken(("alerting", "slack", "channel"), FALLBACK, "a guess: say your channel")
        return
    told = tuple(_channels(document))
    first = {one.receiver: one.channel for one in reversed(told)}
    name = str(document.get("route", "receiver"))
    at = document.at("route", "receiver")
    general = first.get(name) or next(iter(told), _Channel(name, "", at)).channel
    why = f"receiver {name}" if name in first else f"receiver {name} has none: the first one"
    why = why if general else "a guess: say your channel"
    yield Taken(("alerting", "slack", "channel"), general or FALLBACK, why, at)
    found = routes(document)
    taken: dict[str, str] = {}
    # A route that says "critical" counts before one that says "page".
    for route in sorted(found, key=lambda route: not route.literal):
        channel = first.get(route.receiver, "")
        for severity in route.severities if channel and channel != general else ():
            if severity not in taken:
                taken[severity] = channel
                yield Taken(("alerting", "slack", "channels", severity), channel, str(route), route.at)
    yield from _lost(told, {general, *taken.values()}, found)
    yield from _email(document)
    yield from _left(document)
    yield from others(found)


def _lost(told: Sequence[_Channel], taken: Collection[str], found: Sequence[Route]) -> Iterator[Left]:
    """Channels that were told so far, and that the proposed spec tells nothing."""
    for one in {one.channel: one for one in reversed(told) if one.channel not in taken}.values():
        by = next((str(route) for route in found if route.receiver == one.receiver), "no route")
        why = f"nobody posts there any more ({by} led to receiver {one.receiver}): a severity has one channel, see " \
              "alerting.slack.channels and alerting.escalation.channel"  # fmt: skip
        yield Left(f"channel {one.channel}", why, one.at)


def _email(document: Document) -> Iterator[Found]:
    """The mailbox that is told beside Slack; who gets mail today gets the critical ones from now on."""
    top = mapping(document.get("global"))
    for index, receiver in enumerate(map(mapping, items(document.get("receivers")))):
        for config in map(mapping, items(receiver.get("email_configs"))):
            to = [address.strip() for address in str(config.get("to") or "").split(",")]
            sender = str(config.get("from") or top.get("smtp_from") or "")
            server = str(config.get("smarthost") or top.get("smtp_smarthost") or "")
            if not (all(to) and sender and server):
                continue
            key, why = ("alerting", "email"), f"receiver {receiver.get('name')}"
            at = document.at("receivers", index, "email_configs")
            user = config.get("auth_username") or top.get("smtp_auth_username")
            values = {"to": to, "from": sender, "smarthost": server, **({"username": str(user)} if user else {})}
            yield Taken(key, values, why, at)
            if config.get("auth_password") or top.get("smtp_auth_password"):
                yield Left("the mail server's password", "'midwatch secrets' asks for it", at)
            return


def _channels(document: Document) -> Iterator[_Channel]:
    """The Slack channels of every receiver, where they are real ones."""
    for index, receiver in enumerate(map(mapping, items(document.get("receivers")))):
        for number, config in enumerate(map(mapping, items(receiver.get("slack_configs")))):
            channel = str(config.get("channel") or "").strip()
            channel = channel if channel.startswith(("#", "C", "G")) else f"#{channel}"
            if matches(CHANNEL, channel):
                at = document.at("receivers", index, "slack_configs", number, "channel")
                yield _Channel(str(receiver.get("name")), channel, at)


def _left(document: Document) -> Iterator[Left]:
    if webhook := _webhook(document):
        why = "it belongs into a secret: 'midwatch secrets' asks for it; change it, it has been in a file"
        yield Left("the address of the Slack webhook", why, document.at(*webhook))
    for index, receiver in enumerate(map(mapping, items(document.get("receivers")))):
        for key in receiver:
            how = _CONFIGS.match(str(key))
            if how and how["how"] not in ("slack", "email"):
                what = f"{how['how']} of receiver {receiver.get('name')}"
                yield Left(what, "the stack tells by Slack and e-mail", document.at("receivers", index, key))
    if rules := items(document.get("inhibit_rules")):
        what = f"{len(rules)} inhibition rule{'s' if len(rules) > 1 else ''}"
        yield Left(what, "the stack has its own, made for its alerts", document.at("inhibit_rules"))


def _webhook(document: Document) -> tuple[str | int, ...]:
    """The key of the first webhook address that stands in the file; empty when none does."""
    if document.get("global", "slack_api_url"):
        return ("global", "slack_api_url")
    for index, receiver in enumerate(map(mapping, items(document.get("receivers")))):
        for number, config in enumerate(map(mapping, items(receiver.get("slack_configs")))):
            if config.get("api_url"):
                return ("receivers", index, "slack_configs", number, "api_url")
    return ()
