"""What a person reads in Slack, by the real Alertmanager with the generated configuration; who is told: test_routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midwatch.sink.notation import as_text
from tests.stack.alerting import EXTERNAL, Alerting, alerting

TEXTS = {
    "summary": "Redis is down",
    "impact": "Sessions are at risk",
    "action": "docker compose up -d redis && docker compose logs --tail=50 redis",
    "runbook_url": "http://127.0.0.1:8080/RedisDown.md",
}
SPEC: dict[str, Any] = {
    "name": "shop",
    "alerting": {
        "slack": {"channel": "#all", "channels": {"critical": "#night", "info": "#log"}, "mention": "<!here>"},
        "escalation": {"channel": "#boss", "after": "15m", "mention": "<!subteam^S1>"},
    },
}
SILENCE = f"{EXTERNAL}/#/silences/new?filter=%7Balertname%3D%22RedisDown%22%2C%20component%3D%22redis%22%7D"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Alerting]:
    """A running Alertmanager."""
    with alerting(tmp_path, **SPEC) as running:
        yield running


def test_a_page_at_3_am(one: Alerting) -> None:
    one.alert("RedisDown", TEXTS, severity="critical", component="redis")
    message = one.messages(1)[0]
    assert (message.channel, message.sender) == ("#night", "midwatch shop")
    assert message.text == "<!here> Redis is down", "Slack rings for a mention in the message, not in an attachment"
    (part,) = message.attachments
    assert part.color == "#a30200"
    assert part.title == "🔴 CRITICAL shop/production: Redis is down"
    assert part.link == TEXTS["runbook_url"]
    assert part.text.splitlines() == [
        "*Impact:* Sessions are at risk",
        "*First:* `docker compose up -d redis &amp;&amp; docker compose logs --tail=50 redis`",
        "*Runbook:* http://127.0.0.1:8080/RedisDown.md",
        "*Since:* 03:05:09 UTC, 2026-01-02",
        f"*Silence:* {SILENCE}",
    ]


def test_it_is_over(one: Alerting) -> None:
    one.alert("RedisDown", TEXTS, severity="critical", component="redis")
    one.messages(1)
    one.over("RedisDown", TEXTS, severity="critical", component="redis")
    message = one.messages(2)[1]
    assert message.text == "", "an all-clear wakes nobody"
    (part,) = message.attachments
    assert (part.color, part.title) == ("#2eb886", "✅ RESOLVED shop/production: Redis is down")
    assert re.fullmatch(r"over since \d\d:\d\d:\d\d UTC, began 03:05:09 UTC, 2026-01-02", part.text.strip())


@pytest.mark.parametrize(
    ("severity", "channel", "color", "word"),
    [("warning", "#all", "#daa038", "🟡 WARNING"), ("info", "#log", "#439fe0", "🔵 INFO"),
     ("", "#all", "#daa038", "🟡 WARNING")],
)  # fmt: skip
def test_the_lesser_ones(one: Alerting, severity: str, channel: str, color: str, word: str) -> None:
    one.alert("RedisSlow", TEXTS, component="redis", **({"severity": severity} if severity else {}))
    message = one.messages(1)[0]
    (part,) = message.attachments
    assert (message.channel, message.text, part.color) == (channel, "", color)
    assert part.title == f"{word} shop/production: Redis is down"


def test_escalation_goes_to_the_second_channel(one: Alerting) -> None:
    more = {"escalated": "true", "unresolved": "RedisDown"}
    texts = {**TEXTS, "summary": "Not solved for 15 minutes: RedisDown (redis)"}
    one.alert("CriticalUnresolved", texts, severity="critical", component="redis", **more)
    message = one.messages(1)[0]
    assert message.channel == "#boss"
    assert as_text(message).splitlines()[1] == "  @subteam Not solved for 15 minutes: RedisDown (redis)"
    assert message.attachments[0].title.count("Not solved") == 1


def test_an_alert_of_ones_own_without_any_text(one: Alerting) -> None:
    """Nothing empty, nothing unresolved, and no link that leads nowhere."""
    one.alert("OrdersStuck", severity="critical")
    message = one.messages(1)[0]
    assert message.text == "<!here> OrdersStuck"
    (part,) = message.attachments
    assert (part.title, part.link) == ("🔴 CRITICAL shop/production: OrdersStuck", EXTERNAL)
    assert [line.split()[0] for line in part.text.splitlines()] == ["*Since:*", "*Silence:*"]


def test_what_stands_in_a_label_is_text(one: Alerting) -> None:
    """No alert can call people, or hide itself, by Slack's own notation."""
    bad = "<!channel> `x` <https://evil.example|ok> a & b < 3"
    texts = {**TEXTS, "summary": bad, "impact": bad, "action": f"docker {bad}"}
    one.alert("RedisDown", texts, severity="critical", component='re"dis <1>&')
    message = one.messages(1)[0]
    shown = as_text(message)
    assert "<!channel>" in shown and "<https://evil.example|ok>" in shown and "a & b < 3" in shown
    for text in (message.text.removeprefix("<!here> "), message.attachments[0].title, message.attachments[0].text):
        assert "<" not in text and ">" not in text
    assert "%22re%22dis" in message.attachments[0].text and " " not in message.attachments[0].text.rsplit("filter=")[-1]


def test_several_at_once_are_one_message_that_names_each(one: Alerting) -> None:
    for number in range(9):
        texts = {**TEXTS, "summary": f"The disk of /data{number} is full"}
        one.alert("HostDiskCritical", texts, severity="critical", component="host", mountpoint=f"/data{number}")
    # The first goes out at once, since it is old; the others join its group.
    part = one.messages(2)[1].attachments[0]
    assert part.title.endswith("is full (+8)")
    assert part.text.count("*The disk of /data") == 6
    assert f"… 3 more, see {EXTERNAL}" in part.text
    texts = {**TEXTS, "summary": "The disk of /data0 is full"}
    one.over("HostDiskCritical", texts, severity="critical", component="host", mountpoint="/data0")
    part = one.messages(3)[2].attachments[0]
    assert part.title.startswith("🔴 CRITICAL") and "(+7)" in part.title, "what is over is not counted"
    assert "✅ *The disk of /data0 is full*: over since" in part.text


def test_two_services_are_two_messages(one: Alerting) -> None:
    """A group that fires delays what joins it; so what is broken makes the group."""
    one.alert("TargetDown", {**TEXTS, "summary": "loki is down"}, severity="critical", component="loki", job="loki")
    one.alert("TargetDown", {**TEXTS, "summary": "redis is down"}, severity="critical", component="redis", job="redis")
    titles = {message.attachments[0].title for message in one.messages(2)}
    assert titles == {f"🔴 CRITICAL shop/production: {name} is down" for name in ("loki", "redis")}


def test_each_attempt_to_upgrade_a_service_is_a_message(one: Alerting) -> None:
    """`ops` never says that one is over; a second that joined it would be told when it is repeated, after hours."""
    for attempt, version in (("2026-05-31T03:00:00Z", "9"), ("2026-05-31T03:02:00Z", "10")):
        texts = {**TEXTS, "summary": f"Upgrade of redis to redis:{version} was rolled back"}
        labels = {"severity": "warning", "component": "ops", "service": "redis", "attempt": attempt}
        one.alert("UpgradeRolledBack", texts, **labels)
    titles = {message.attachments[0].title for message in one.messages(2)}
    assert titles == {
        f"🟡 WARNING shop/production: Upgrade of redis to redis:{version} was rolled back" for version in ("9", "10")
    }


def test_every_alert_of_the_catalogue_can_be_shown(one: Alerting) -> None:
    """With the texts that they really have; a template that fails would keep the message back."""
    from midwatch.render.tree import render_all

    alerts = {alert.name: alert for alert in render_all(one.spec).alerts.alerts if alert.name != "Watchdog"}
    later = []  # A disk that is full silences other alerts, one of its own kind among them.
    for alert in alerts.values():
        keys = ("summary", "impact", "action", "runbook_url", "description")
        texts = {key: getattr(alert, key) for key in keys if getattr(alert, key)}
        # each a component of its own: none may silence another here
        labels = {**alert.labels, "component": f"c-{alert.name}"}
        if alert.name.startswith("Host"):
            later.append((alert.name, texts, labels))
        else:
            one.alert(alert.name, texts, **labels)
    one.messages(len(alerts) - len(later), 60)
    for name, texts, labels in later:
        one.alert(name, texts, **labels)
    messages = one.messages(len(alerts) - 1, 60)
    for message in messages:
        shown = as_text(message)
        assert "<no value>" not in shown and "%!" not in shown and "<nil>" not in shown
        assert re.search(r"Impact: \S", shown) and re.search(r"First: \S", shown) and re.search(r"Runbook: http", shown)
    assert "level=ERROR" not in (one.folder / "log").read_text()


def test_german(tmp_path: Path) -> None:
    with alerting(tmp_path, **SPEC, runbooks={"language": "de"}) as one:
        one.alert("RedisDown", TEXTS, severity="critical", component="redis")
        text = one.messages(1)[0].attachments[0].text
    assert [line.split()[0] for line in text.splitlines()] == [
        "*Auswirkung:*", "*Zuerst:*", "*Runbook:*", "*Seit:*", "*Stummschalten:*"
    ]  # fmt: skip


def test_a_test_page_says_so(one: Alerting) -> None:
    one.alert("PageTest", TEXTS, severity="critical", component="page-test", test="true")
    assert one.messages(1)[0].attachments[0].title == "🔴 CRITICAL TEST shop/production: Redis is down"
