"""What goes into the stack comes out of it: metrics, logs and traces; and personal data does not."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

import pytest

from tests.lab import otlp
from tests.lab.stack import Stack
from tests.stack.programs import until
from tests.stack.test_pii import ORDINARY, SECRETS

pytestmark = pytest.mark.lab
KINDS = {"email", "ip", "bearer", "api key", "session id", "card", "iban"}


def marker() -> str:
    """A word that no earlier run used and no rule takes for something else."""
    return "mark" + "".join(secrets.choice("ghjkmnpq") for _ in range(12))


def send(stack: Stack, signal: str, body: dict[str, Any]) -> None:
    assert otlp.send(stack.url("otlp_http"), signal, body) == 200


def arrived(stack: Stack, text: str, count: int = 1) -> list[dict[str, Any]]:
    """The logs with this text, once there are so many of them."""
    until(lambda: len(stack.logs(text)) >= count, f"{count} logs with '{text}' arrive", 30)
    return stack.logs(text)


def need(stack: Stack, *names: str) -> None:
    for name in names:
        if name in stack.missing:
            pytest.skip(f"{name}: {stack.missing[name]}")


def test_a_metric_sent_by_otlp_is_read_back_from_prometheus(stack: Stack) -> None:
    need(stack, "otel-collector", "prometheus", "gateway")
    name = f"lab_{marker()}"
    send(stack, "metrics", otlp.gauge(name, 17.5, {"room": "blue"}))
    until(lambda: bool(stack.query(name)), "the metric arrives", 30)
    (series,) = stack.query(name)
    assert series["value"][1] == "17.5"
    assert series["metric"]["room"] == "blue"
    assert series["metric"]["service_name"] == "lab"
    assert series["metric"][stack.plan.workspace_label] == stack.plan.workspace_default


def test_a_workspace_that_the_sender_names_is_kept(stack: Stack) -> None:
    need(stack, "otel-collector", "prometheus", "gateway")
    name, label = f"lab_{marker()}", stack.plan.workspace_label
    send(stack, "metrics", otlp.gauge(name, 1, resource={label: "acme"}))
    send(stack, "logs", otlp.logs([f"of acme {name}"], {label: "acme"}))
    until(lambda: bool(stack.query(f'{name}{{{label}="acme"}}')), "the metric arrives with its own workspace", 30)
    assert arrived(stack, name)[0][label] == "acme"


def test_a_log_sent_by_otlp_arrives(stack: Stack) -> None:
    need(stack, "otel-collector", "loki")
    word = marker()
    send(stack, "logs", otlp.logs([f"order {word} shipped"], {"order": "42"}))
    (log,) = arrived(stack, word)
    assert (log["body"], log["service.name"], log["order"]) == (f"order {word} shipped", "lab", "42")
    assert log[stack.plan.workspace_label] == stack.plan.workspace_default


def test_a_log_is_read_back_from_loki(stack: Stack) -> None:
    if stack.stand_in:
        pytest.skip("loki: there is none here, the stand-in took the log (see the test before)")
    need(stack, "otel-collector", "loki", "gateway")
    word = marker()
    send(stack, "logs", otlp.logs([f"read me back {word}"]))
    assert arrived(stack, word)[0]["body"] == f"read me back {word}"


def test_what_a_container_prints_arrives_with_the_name_of_its_service(stack: Stack) -> None:
    need(stack, "otel-collector", "loki")
    word = marker()
    say(stack, [f"the app says {word}"])
    (log,) = arrived(stack, word)
    assert (log["body"], log["service.name"]) == (f"the app says {word}", "studio")


def test_what_the_stack_itself_prints_arrives_too(stack: Stack) -> None:
    need(stack, "otel-collector", "loki", "deadman")
    logs = arrived(stack, f"watching the Watchdog of {stack.name}")
    assert {log["service.name"] for log in logs} == {"deadman"}


def test_a_trace_is_accepted_and_counted(stack: Stack) -> None:
    need(stack, "otel-collector", "prometheus", "gateway")
    send(stack, "traces", otlp.span("GET /checkout"))
    counted = "sum(otelcol_receiver_accepted_spans_total) >= 1 or sum(otelcol_receiver_accepted_spans) >= 1"
    until(lambda: bool(stack.query(counted)), "the span is counted", 30)


def test_no_personal_data_gets_into_the_logs(stack: Stack) -> None:
    """Each of the seven kinds: in the text, in an attribute, inside nested ones, and printed by a container."""
    need(stack, "otel-collector", "loki")
    assert {kind for kind, _, _ in SECRETS} == KINDS
    word, texts = marker(), [text for _, text, _ in SECRETS]
    send(stack, "logs", otlp.logs([f"{word} {text}" for text in texts]))
    for text in texts:
        nested = {"deep": {"in": [text, {"it": text}]}}
        send(stack, "logs", otlp.logs([{"text": text, "word": word}], {"plain": text, **nested}, {"of": text}))
    say(stack, [f"{word} {text}" for text in texts if "\n" not in text])
    arrived(stack, word, 3 * len(texts))
    assert left_over(json.dumps(stack.logs(word), ensure_ascii=False)) == []
    if stack.stand_in:  # a record may have lost its marker: so no text may be whole in any
        stored = json.dumps(stack.received(), ensure_ascii=False)
        assert [text for text in texts if json.dumps(text, ensure_ascii=False).strip('"') in stored] == []


def test_ordinary_text_stays_as_it_is(stack: Stack) -> None:
    need(stack, "otel-collector", "loki")
    word = marker()
    send(stack, "logs", otlp.logs([f"{word} {text}" for text in ORDINARY]))
    assert {log["body"] for log in arrived(stack, word, len(ORDINARY))} == {f"{word} {text}" for text in ORDINARY}


def test_no_personal_data_gets_into_the_labels_of_metrics(stack: Stack) -> None:
    need(stack, "otel-collector", "prometheus", "gateway")
    name = f"lab_{marker()}"
    for number, (_, text, _) in enumerate(SECRETS):
        send(stack, "metrics", otlp.gauge(name, number, {"number": number, "text": text}, {"of": text}))
    until(lambda: len(stack.query(name)) == len(SECRETS), "all series arrive", 30)
    labels = [stack.get(f"/api/v1/label/{label}/values") for label in ("text", "of", "service_name")]
    assert left_over(json.dumps([stack.query(name), stack.query("target_info"), labels], ensure_ascii=False)) == []


def left_over(stored: str) -> list[tuple[str, str]]:
    """Kinds and texts whose secret part is still there."""
    return [(kind, text) for kind, text, secret in SECRETS if secret in stored]


def say(stack: Stack, lines: Sequence[str]) -> None:
    """Have the app print these lines."""
    for answer in stack.ask(
        "studio", *({"url": "http://127.0.0.1:3000/say", "method": "POST", "body": line} for line in lines)
    ):
        assert answer["status"] == 204
