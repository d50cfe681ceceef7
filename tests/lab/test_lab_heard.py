"""How the lab reads messages and gives addresses; needs no engine."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from tests.lab.heard import Heard, of
from tests.lab.subnets import RANGE, subnets


@pytest.mark.parametrize(
    ("headline", "service", "named"),
    [
        ("🔴 CRITICAL sva/production: Redis is down", "redis", True),
        ("🔴 CRITICAL sva/production: redis-exporter is down", "redis", False),
        ("🔴 CRITICAL sva/production: redis-exporter is down", "redis-exporter", True),
        ("🔴 CRITICAL sva/production: backup-redis is down", "redis", False),
        (":rotating_light: *sva: no alert can reach you: Prometheus is silent.*", "prometheus", True),
        (":rotating_light: *sva: no alert can reach you: Alertmanager does not answer.*", "prometheus", False),
    ],
)
def test_a_name_is_a_whole_word_of_the_headline(headline: str, service: str, named: bool) -> None:
    assert Heard(0.0, headline, "redis prometheus redis-exporter").names(service) is named


def test_a_message_is_read_as_a_person_would() -> None:
    body: dict[str, Any] = {
        "attachments": [{"title": "✅ RESOLVED sva: Redis is down", "text": "*over*", "color": "good"}]
    }
    message = of({"at": 12.5, "path": "/x", "body": body})
    assert (message.at, message.headline, message.over) == (12.5, "✅ RESOLVED sva: Redis is down", True)
    assert message.text.endswith("| over")
    said = of({"at": 0.0, "path": "/x", "body": {"text": ":rotating_light: *sva: no alert*\nsecond line"}})
    assert (said.headline, said.over) == (":rotating_light: *sva: no alert*", False)


def test_each_stack_gets_addresses_that_nobody_has() -> None:
    taken = ["172.17.0.0/16", "fd00::/64"]
    found: set[IPv4Network] = set()
    for _ in range(20):
        given = [IPv4Network(one["ipam"]["config"][0]["subnet"]) for one in subnets(["a", "b", "c"], taken).values()]
        assert all(one.subnet_of(RANGE) for one in given)
        assert not any(one.overlaps(other) for one in given for other in found)
        found |= set(given)
        taken += [str(one) for one in given]
