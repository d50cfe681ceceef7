"""What is read in Slack through each receiver, by the real Alertmanager; each is also broken, which must show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.stack.alerting import Alerting, alerting
from tests.stack.routing import SPEC, TEXTS, Said

CHANNELS = {"slack-critical": "#night", "slack-warning": "#all", "slack-info": "#log", "slack-escalated": "#boss"}
# An alert for each receiver, and what is then read in Slack: channel, mention that rings, title.
ALERTS: dict[str, Said] = {
    "slack-critical": ("RedisDown", {"severity": "critical", "component": "redis"}),
    "slack-warning": ("LokiSlow", {"severity": "warning", "component": "loki"}),
    "slack-info": ("HostInfo", {"severity": "info", "component": "node-exporter"}),
    "slack-escalated": ("CriticalUnresolved", {"severity": "critical", "component": "prometheus", "escalated": "true"}),
}
Told = set[tuple[str, str, str]]
FIRING: Told = {
    ("#night", "<!here>", "🔴 CRITICAL shop/production: RedisDown"),
    ("#all", "", "🟡 WARNING shop/production: LokiSlow"),
    ("#log", "", "🔵 INFO shop/production: HostInfo"),
    ("#boss", "<!subteam^S1>", "🔴 CRITICAL shop/production: CriticalUnresolved"),
}
RESOLVED: Told = {
    ("#night", "", "✅ RESOLVED shop/production: RedisDown"),
    ("#all", "", "✅ RESOLVED shop/production: LokiSlow"),
    ("#log", "", "✅ RESOLVED shop/production: HostInfo"),
    ("#boss", "", "✅ RESOLVED shop/production: CriticalUnresolved"),
}
Change = Callable[[dict[str, Any]], None]


def told(folder: Path, change: Change = lambda _: None, seconds: float = 60) -> Told:
    """What is read in Slack when these alerts fire and then end; waited for so long at most."""
    folder.mkdir(exist_ok=True)
    with alerting(folder, change, **SPEC) as one:
        for send, wanted in ((one.alert, FIRING), (one.over, FIRING | RESOLVED)):
            for name, labels in ALERTS.values():
                send(name, {**TEXTS, "summary": name}, **labels)
            end = time.monotonic() + seconds
            while not wanted <= heard(one) and time.monotonic() < end:
                time.sleep(0.1)
            if not wanted <= heard(one):
                break
        return heard(one)


def heard(one: Alerting) -> Told:
    return {
        (message.channel, message.text.partition(" ")[0] if message.text.startswith("<!") else "", part.title)
        for message in one.sink.messages
        for part in message.attachments
    }


def test_each_receiver_is_told_and_told_when_it_is_over(tmp_path: Path) -> None:
    assert told(tmp_path) == FIRING | RESOLVED


def broken_receivers() -> Iterator[tuple[str, Change]]:
    """One thing broken in the Slack of one receiver, or the whole of it left out."""
    for name in CHANNELS:
        for key, value in (("channel", "#elsewhere"), ("send_resolved", False), ("title", "?"), ("message_text", "?")):

            def change(config: dict[str, Any], name: str = name, key: str = key, value: object = value) -> None:
                slack_of(config, name)[0][key] = value

            yield f"{name}: {key}", change

        def leave_out(config: dict[str, Any], name: str = name) -> None:
            slack_of(config, name).clear()

        yield f"{name}: left out", leave_out


def slack_of(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(one["slack_configs"] for one in config["receivers"] if one["name"] == name)
    return found


def test_each_broken_receiver_is_noticed(tmp_path: Path) -> None:
    """Several at once, since each waits for messages that do not come. A receiver that does not ring has no use for a
    text that would."""
    changes = {what: change for what, change in broken_receivers() if not rings_not(what)}
    with ThreadPoolExecutor(4) as pool:
        found = dict(
            pool.map(lambda one: (one[0], told(tmp_path / one[0].replace(": ", "-"), one[1], 6)), changes.items())
        )
    assert [what for what, heard in found.items() if heard == FIRING | RESOLVED] == []


def rings_not(what: str) -> bool:
    return what in ("slack-warning: message_text", "slack-info: message_text")
