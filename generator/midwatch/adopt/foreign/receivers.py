"""Whom Alertmanager tells: the Slack channels, and what has to be settled by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from midwatch.adopt.foreign.proposal import Found, Left, Taken
from midwatch.check.document import Document, items, mapping
from midwatch.check.kinds import Kind
from midwatch.check.stack import Stack
from midwatch.spec.checks import CHANNEL, matches

FALLBACK = "#monitoring-alerts"
_SEVERITY = re.compile(r"""^\s*severity\s*=~?\s*["']?(critical|warning|info)["']?\s*$""")
_CONFIGS = re.compile(r"^(?P<how>\w+)_configs$")


def receivers(stack: Stack) -> Iterator[Found]:
    """The general channel, and one per severity where routes by severity lead elsewhere."""
    document = next((use.file.document for use in stack.uses(Kind.ALERTMANAGER) if use.file.document), None)
    if document is None:
        yield Left("who is told: there is no Alertmanager", f"{FALLBACK} is a guess: say your channel", stack.at())
        yield Taken(("alerting", "slack", "channel"), FALLBACK, "a guess: say your channel")
        return
    channels = _channels(document)
    general = channels.get(str(document.get("route", "receiver")), "")
    at = document.at("route", "receiver")
    if general or channels:
        general = general or next(iter(channels.values()))
        yield Taken(("alerting", "slack", "channel"), general, f"receiver {document.get('route', 'receiver')}", at)
    else:
        yield Taken(("alerting", "slack", "channel"), FALLBACK, "a guess: say your channel", at)
    for index, route in enumerate(items(document.get("route", "routes"))):
        severity = _severity(mapping(route))
        channel = channels.get(str(mapping(route).get("receiver")), "")
        if severity and channel and channel != general:
            where = document.at("route", "routes", index)
            yield Taken(("alerting", "slack", "channels", severity), channel, f"route severity={severity}", where)
    yield from _email(document)
    yield from _left(document)


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


def _channels(document: Document) -> dict[str, str]:
    """Receiver -> its Slack channel, where that is a real one."""
    found: dict[str, str] = {}
    for receiver in map(mapping, items(document.get("receivers"))):
        for config in map(mapping, items(receiver.get("slack_configs"))):
            channel = str(config.get("channel") or "").strip()
            channel = channel if channel.startswith(("#", "C", "G")) else f"#{channel}"
            if matches(CHANNEL, channel):
                found.setdefault(str(receiver.get("name")), channel)
    return found


def _severity(route: Mapping[Any, Any]) -> str:
    texts = [f"{key}={value}" for part in ("match", "match_re") for key, value in mapping(route.get(part)).items()]
    texts += [str(matcher) for matcher in items(route.get("matchers"))]
    found = [match[1] for match in map(_SEVERITY.match, texts) if match]
    # With a second condition it is not the route of that severity.
    return found[0] if len(found) == 1 and len(texts) == 1 else ""


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
    routes = [index for index, route in enumerate(map(mapping, items(document.get("route", "routes"))))
              if not _severity(route)]  # fmt: skip
    if routes:
        what = f"{len(routes)} route{'s' if len(routes) > 1 else ''} by something else than the severity"
        yield Left(what, "the stack routes by severity, and escalates", document.at("route", "routes", routes[0]))
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
