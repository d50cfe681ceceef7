"""Personal data and credentials must not reach a store; ordinary text must."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_spec
from tests.stack.collector import Collector, attributes, collector, text
from tests.stack.programs import until

# Kind, a text, and what must not be left of it: so odd or so long that no id or time of the test's own run has it.
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lLmRvZSJ9.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
SECRETS: list[tuple[str, str, str]] = [
    ("email", "login by jane.doe@example.com failed", "jane.doe"),
    ("email", "mail=jane.doe+tag@mail.example.co.uk;next", "jane.doe"),
    ("email", "<Jörg.Müller@bücher.example>", "Müller"),
    ("email", "GET /u?mail=jane.doe%40example.com&x=1", "jane.doe"),
    ("email", "user_jane.doe@example.com_x", "jane.doe"),
    ("email", '{\\"to\\":\\"jane.doe@example.com\\"}', "jane.doe"),
    ("ip", "client 203.0.113.7 connected", "203.0.113.7"),
    ("ip", "from 203.0.113.7:51234", "203.0.113.7"),
    ("ip", "ip_203.0.113.7_seen", "203.0.113.7"),
    ("ip", "X-Forwarded-For: 203.0.113.7, 198.51.100.9,192.0.2.44", "198.51.100.9"),
    ("ip", "203.0.113.7", "203.0.113"),
    ("ip", "addr=[2001:db8:85a3::8a2e:370:7334]:443", "85a3::8a2e"),
    ("ip", "peer 2001:0db8:85a3:0000:0000:8a2e:0370:7334", "0000:8a2e"),
    ("ip", "fe80::1ff:fe23:4567:890a%eth0", "fe23:4567"),
    ("ip", "::ffff:203.0.113.7", "203.0.113.7"),
    ("bearer", "Authorization: Bearer abc123.def-456_ghi", "abc123.def"),
    ("bearer", '"authorization": "Bearer zzzzzzzzzzzzzzzzzzzzzzzzz"', "zzzzzz"),
    ("bearer", "authorization: basic amFuZTpzZWNyZXQ=", "amFuZ"),
    ("bearer", "bearer  9f86d081884c7d65", "9f86d081884c"),
    ("bearer", f"token {JWT} rejected", "eyJzdWIi"),
    ("bearer", "access_token=ya29.a0AfH6SMBx&scope=all", "ya29"),
    ("bearer", '{"refresh_token":"1//0gqweRTY"}', "0gqwe"),
    ("api key", "api_key=4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
    ("api key", "X-Api-Key: qwertyuiopasdf", "qwertyuiop"),
    ("api key", '"apiKey": "abcDEF123456"', "abcDEF"),
    ("api key", "using sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
    ("api key", "AKIAIOSFODNN7EXAMPLE", "IOSFODNN"),
    ("api key", "key ghp_16C7e42F292c6912E7710c838347Ae178B4a used", "16C7e42F"),
    ("api key", "xoxb-123456789012-abcdefABCDEF", "abcdefABC"),
    ("api key", "password: hunter2", "hunter2"),
    ("api key", "postgres://app:s3cr3tpw@db:5432/x", "s3cr3tpw"),
    ("api key", "https://hooks.slack.com/services/T000/B000/XXXXyyyyZZZZ", "XXXXyyyy"),
    ("session id", "session_id=3f2a9c81e7", "3f2a9c81e7"),
    ("session id", "sessionId: 'abcdefghijk'", "abcdefgh"),
    ("session id", '{\\"session-id\\": \\"3f2a9c81e7\\"}', "3f2a9c81e7"),
    ("session id", "JSESSIONID=0AAB6C8DE415; Path=/", "0AAB6C"),
    ("session id", "Cookie: theme=dark; connect.sid=s%3Aj4Tz.q8", "j4Tz"),
    ("session id", "PHPSESSID=298zf09hf012fh2", "298zf"),
    ("session id", "session 7c9e6679f7425f40de944be07fc1f90a expired", "7c9e6679f742"),
    ("card", "paid with 4111111111111111", "4111111111111111"),
    ("card", "paid with 4111 1111 1111 1111.", "4111 1111"),
    ("card", "card=5500-0000-0000-0004", "5500-0000"),
    ("card", "card_378282246310005_x", "378282246310"),
    ("card", "3782 822463 10005", "822463 1"),
    ("card", "2221000000000009,6011111111111117", "601111111111"),
    ("iban", "IBAN DE89 3704 0044 0532 0130 00", "3704 0044"),
    ("iban", "iban=DE89370400440532013000", "370400440532"),
    ("iban", "GB82WEST12345698765432", "WEST"),
    ("iban", "to fr1420041010050500013 and", "200410100505"),
    ("iban", "pay de89 3704 0044 0532 0130 00 now", "3704 0044"),
    ("iban", "NL91ABNA0417164300;", "ABNA"),
]

ORDINARY = [
    "release 1.2.3 of prometheus v3.16.0-rc.1, chart 12.34.567",
    "2026-11-24T07:57:00.123456789Z level=info msg=ready",
    "24/Nov/2026:07:57:00 +0000 GET /api/v1/items?id=42 200 0.003",
    "2026:11:24 07:57:00 exif",
    "07:57:00 1795507940 1795507940123 1795507940123456 1795507940123456789",
    "request 550e8400-e29b-41d4-a716-446655440000 done",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
    "trace de89370400440532ad12bc34ef56a7b8 sha de8937040044ad12bc34ef56a7b8de8937040044",
    "order 100045678 of 12 items, 4999.99 EUR, ratio 0.4111111111111111",
    "order 4711-0815-0001 invoice 2026-0001234",
    "std::vector abc::def::ghi Foo::Bar dead::beef core::fmt::Error",
    "listening on 127.0.0.1:8080 and 0.0.0.0:4318 and [::1]:8080",
    "mac 02:42:ac:11:00:02 interface eth0",
    "GET https://example.com/path?page=2&sort=asc",
    "user 12345 signed in, session started, token expired, bearer of bad news",
    "pkg react@18.2.0 @scope/name image nginx@sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
    "authorization denied: missing api key; password policy updated",
    "connect ECONNREFUSED redis:6379 after 3 tries in 1.5s",
    'id=6a09e667bb67ae853c6ef372a54ff53a510e527f etag W/"5e-18f"',
    "DE12 is a short code, GB is a country, PL-2026",
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    spec = make_spec(
        collector={
            "traces": {"endpoint": "http://traces.example:4318"},
            "pii": {"patterns": [{"name": "customer", "pattern": r"\bCU-[0-9]{6}\b"}]},
        }
    )
    with collector(spec, tmp_path_factory.mktemp("pii")) as running_one:
        yield running_one


def sent_and_received(one: Collector, signal: str, send: Any) -> str:
    """Everything that arrives after ``send``, as one JSON text."""
    store = {"logs": one.loki, "metrics": one.prometheus, "traces": one.traces}[signal]
    before = len(store.payloads(signal))
    assert send() == 200
    until(lambda: len(store.payloads(signal)) > before, f"{signal} arrive; see {one.log}")
    time.sleep(0.2)
    return json.dumps(store.payloads(signal)[before:], ensure_ascii=False)


@pytest.mark.parametrize(("kind", "line", "secret"), SECRETS)
def test_a_secret_cannot_be_mistaken_for_an_id_or_a_time(kind: str, line: str, secret: str) -> None:
    """A container's id or a time in nanoseconds has any four digits every few runs."""
    assert secret in line, kind
    assert not re.fullmatch("[0-9a-f]{1,9}", secret), kind


def test_no_secret_is_left_in_a_body(one: Collector) -> None:
    sent_and_received(one, "logs", lambda: one.send_logs(*(line for _, line, _ in SECRETS)))
    bodies = one.loki.bodies()[-len(SECRETS) :]
    for (kind, line, secret), body in zip(SECRETS, bodies, strict=True):
        assert secret not in body, (kind, line, body)
        assert " removed]" in body, (kind, line, body)


def test_ordinary_text_stays_as_it_is(one: Collector) -> None:
    sent_and_received(one, "logs", lambda: one.send_logs(*ORDINARY))
    assert one.loki.bodies()[-len(ORDINARY) :] == ORDINARY


def test_a_pattern_of_the_user_is_removed(one: Collector) -> None:
    sent_and_received(one, "logs", lambda: one.send_logs("order of CU-123456 and CU-12"))
    assert one.loki.bodies()[-1] == "order of [customer removed] and CU-12"


def left_over(received: str) -> list[tuple[str, str]]:
    """The secrets that are still in it."""
    return [(kind, secret) for kind, _, secret in SECRETS if secret in received]


def test_no_secret_is_left_in_attributes(one: Collector) -> None:
    """As a string, in a list, in a nested map; each line in a record of its own."""

    def send() -> int:
        records = []
        for _, line, _ in SECRETS:
            deep = {"arrayValue": {"values": [text("x"), text(line)]}}
            nested = {"kvlistValue": {"values": attributes({"deep": deep})}}
            values = {"string": line, "nested": nested, "list": {"arrayValue": {"values": [text(line)]}}}
            records.append({"timeUnixNano": str(time.time_ns()), "body": text("x"), "attributes": attributes(values)})
        return one.send("logs", {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})

    received = sent_and_received(one, "logs", send)
    assert left_over(received) == []
    assert received.count(" removed]") >= 3 * len(SECRETS)


def test_no_secret_is_left_in_a_resource(one: Collector) -> None:
    def send() -> int:
        resources = [
            {
                "resource": {"attributes": attributes({"note": line})},
                "scopeLogs": [{"logRecords": [{"timeUnixNano": str(time.time_ns()), "body": text("x")}]}],
            }
            for _, line, _ in SECRETS
        ]
        return one.send("logs", {"resourceLogs": resources})

    assert left_over(sent_and_received(one, "logs", send)) == []


def test_no_secret_is_left_in_a_nested_body_which_stays_json(one: Collector) -> None:
    def body(line: str) -> dict[str, Any]:
        inner = {"kvlistValue": {"values": attributes({"line": line, "n": {"intValue": "7"}})}}
        return {"kvlistValue": {"values": attributes({"a": {"arrayValue": {"values": [inner]}}})}}

    received = sent_and_received(one, "logs", lambda: one.send_logs(*(body(line) for _, line, _ in SECRETS)))
    assert left_over(received) == []
    for made in one.loki.bodies()[-len(SECRETS) :]:
        assert json.loads(made)["a"][0]["n"] == 7, made


def test_no_secret_is_left_in_a_trace(one: Collector) -> None:
    """Name, status, attributes and events of a span, and its resource; identifiers stay."""

    def span(line: str) -> dict[str, Any]:
        return {
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
            "spanId": "00f067aa0ba902b7",
            "name": f"GET {line}",
            "attributes": attributes({"a": line, "list": {"arrayValue": {"values": [text(line)]}}}),
            "events": [{"name": f"event {line}", "attributes": attributes({"b": line})}],
            "status": {"code": 2, "message": line},
        }

    spans = [span(line) for _, line, _ in SECRETS]
    resource = {"attributes": attributes({f"r{i}": line for i, (_, line, _) in enumerate(SECRETS)})}
    payload = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    received = sent_and_received(one, "traces", lambda: one.send("traces", payload))
    assert left_over(received) == []
    assert received.count("4bf92f3577b34da6a3ce929d0e0e4736") == len(SECRETS)


def test_no_secret_is_left_in_a_metric(one: Collector) -> None:
    points = [
        {"timeUnixNano": str(time.time_ns()), "asInt": "1", "attributes": attributes({"a": line, "n": str(i)})}
        for i, (_, line, _) in enumerate(SECRETS)
    ]
    metric = {"name": "logins", "gauge": {"dataPoints": points}}
    resource = {"attributes": attributes({f"r{i}": line for i, (_, line, _) in enumerate(SECRETS)})}
    payload = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    assert left_over(sent_and_received(one, "metrics", lambda: one.send("metrics", payload))) == []


@pytest.mark.parametrize(
    "key",
    [
        "session.id",
        "sessionId",
        "user.session_id",
        "http.request.header.authorization",
        "x-api-key",
        "password",
        "access_token",
        "http.request.header.cookie",
        "client_secret",
        "sid",
    ],
)
def test_an_attribute_whose_key_says_enough_is_masked(one: Collector, key: str) -> None:
    received = sent_and_received(one, "logs", lambda: one.send_logs("plain", log={key: "innocent", "other": "stays"}))
    assert "innocent" not in received
    assert "stays" in received
    listed = {key: {"arrayValue": {"values": [text("innocent"), text("guileless")]}}}
    received = sent_and_received(one, "logs", lambda: one.send_logs("plain", log=listed))
    assert "innocent" not in received
    assert "guileless" not in received


def test_a_session_id_in_an_object_of_its_own_is_removed(one: Collector) -> None:
    session = {"kvlistValue": {"values": attributes({"id": "3f2a9c81e7"})}}
    body = {"kvlistValue": {"values": attributes({"session": session})}}
    received = sent_and_received(one, "logs", lambda: one.send_logs(body, '{"session": {"id": "3f2a9c81e7"}}'))
    assert "3f2a9c81e7" not in received


def test_numbers_that_are_cards_and_keys_that_are_addresses(one: Collector) -> None:
    values = {"card": {"intValue": "4111111111111111"}, "jane.doe@example.com": "seen", "count": {"intValue": "42"}}
    received = sent_and_received(one, "logs", lambda: one.send_logs({"intValue": "4111111111111111"}, log=values))
    assert "4111111111111111" not in received
    assert "jane.doe" not in received
    assert '"42"' in received


def test_a_rule_can_be_switched_off(tmp_path: Path) -> None:
    spec = make_spec(collector={"pii": {"rules": {"ip": False, "email": False}}})
    with collector(spec, tmp_path) as one:
        line = "203.0.113.7 jane.doe@example.com 4111111111111111"
        sent_and_received(one, "logs", lambda: one.send_logs(line))
        assert one.loki.bodies() == ["203.0.113.7 jane.doe@example.com [card removed]"]


def test_patterns_with_quotes_and_dollars_alone(tmp_path: Path) -> None:
    """Every built-in rule off; a pattern that YAML, the collector and OTTL each would like to read differently."""
    names = ["email", "ip", "bearer_token", "api_key", "session_id", "card", "iban"]
    own = [
        {"name": "odd", "pattern": r"it\x27s \x22(\$\{x\}|a\\b|\$1)\x22$"},
        {"name": "tab", "pattern": r"one\ttwo"},
        {"name": "line", "pattern": r"a\nb"},
    ]
    spec = make_spec(collector={"pii": {"rules": dict.fromkeys(names, False), "patterns": own}})
    with collector(spec, tmp_path) as one:
        odd = ['''so it's "${x}"''', '''so it's "a\\b"''', '''so it's "$1"''']
        lines = [*odd, "one\ttwo", "xa\nby", "jane.doe@example.com"]
        sent_and_received(one, "logs", lambda: one.send_logs(*lines, log={"password": "kept"}))
        cleaned = ["so [odd removed]"] * 3
        assert one.loki.bodies() == [*cleaned, "[tab removed]", "x[line removed]y", "jane.doe@example.com"]


def test_redaction_can_be_switched_off_as_a_whole(tmp_path: Path) -> None:
    with collector(make_spec(collector={"pii": {"enabled": False}}), tmp_path) as one:
        sent_and_received(one, "logs", lambda: one.send_logs("jane.doe@example.com"))
        assert one.loki.bodies() == ["jane.doe@example.com"]
