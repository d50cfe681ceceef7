"""The stand-in for Slack: what it takes, what it shows, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from midwatch.check import stack
from midwatch.cli.sink import rendered
from midwatch.plan.build import build
from midwatch.sink.install import installation
from midwatch.sink.message import ATTACHMENTS, LONGEST, Message, PayloadError, read
from midwatch.sink.notation import as_text, spans
from midwatch.sink.page import page
from midwatch.sink.server import KEEP, LARGEST, Sink, is_near
from tests.check.conftest import rules_of
from tests.cli.conftest import Run, environment
from tests.conftest import make_spec
from tests.stack.programs import fetch, free_port, until

ALERT: dict[str, Any] = {
    "channel": "#night", "username": "midwatch shop",
    "attachments": [{
        "color": "danger", "title": "🔴 CRITICAL shop: Redis is down", "title_link": "http://127.0.0.1:8080/RedisDown.md",
        "text": "*Impact:* sessions are at risk\n*First:* `docker compose up -d redis`", "fallback": "x",
    }],
}  # fmt: skip


def message(payload: Any, kind: str = "application/json") -> Message:
    return read(json.dumps(payload).encode(), kind, 1_700_000_000)


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    one = Sink("127.0.0.1", 0, lambda _: None)
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield one, f"http://127.0.0.1:{one.server_address[1]}"
    one.shutdown()
    one.server_close()


def post(url: str, payload: Any, kind: str = "application/json") -> tuple[int, str]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return fetch(url, "POST", body, kind)


def test_what_alertmanager_posts() -> None:
    (part,) = message(ALERT).attachments
    assert (part.color, part.title) == ("#a30200", ALERT["attachments"][0]["title"])
    assert part.link == "http://127.0.0.1:8080/RedisDown.md"
    shown = as_text(message(ALERT))
    assert "#night  midwatch shop  2023-11-14 22:13:20 UTC" in shown
    assert "First: docker compose up -d redis" in shown
    assert "*" not in shown and "`" not in shown


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        (b"{", "application/json", "invalid_payload"),
        (b"\xff", "application/json", "invalid_payload"),
        (b"[1]", "application/json", "invalid_payload"),
        (b"[" * 100_000, "application/json", "invalid_payload"),
        (b"{}", "application/json", "no_text"),
        (b'{"text": ""}', "application/json", "no_text"),
        (b'{"text": {"a": 1}, "attachments": "x"}', "application/json", "no_text"),
        (b'{"attachments": [{"color": "good"}, 7]}', "application/json", "no_text"),
        (b"payload=", "application/x-www-form-urlencoded", "invalid_payload"),
    ],
)
def test_what_slack_would_not_take(body: bytes, kind: str, word: str) -> None:
    with pytest.raises(PayloadError, match=word):
        read(body, kind, 0)


def test_a_form_is_taken_too() -> None:
    body = urllib.parse.urlencode({"payload": json.dumps({"text": "hello"})}).encode()
    assert read(body, "application/x-www-form-urlencoded", 0).text == "hello"
    assert read(b'{"text": "a=b&c"}', "application/x-www-form-urlencoded", 0).text == "a=b&c"


def test_slacks_notation() -> None:
    text = "*bold* _it_ ~no~ `*code*` <https://a.example/x|name> https://b.example &lt;b&gt; <!here> <@U1|ann>"
    text += " 2*3*4 a_b_c"
    shown = [(span.text, span.style, span.link) for span in spans(text) if span.text.strip()]
    assert shown == [
        ("bold", "bold", ""), ("it", "italic", ""), ("no", "strike", ""), ("*code*", "code", ""),
        ("name", "", "https://a.example/x"), ("https://b.example", "", "https://b.example"), (" <b> ", "", ""),
        ("@here", "bold", ""), ("@ann", "bold", ""), (" 2*3*4 a_b_c", "", ""),
    ]  # fmt: skip


HOSTILE = "<script>alert(1)</script>\x1b[2J\x07 \u202egnp.exe \x9b31m &lt;img src=x onerror=alert(1)&gt;"


def test_hostile_input_is_shown_as_text() -> None:
    one = message({"text": HOSTILE, "channel": HOSTILE, "username": HOSTILE, "attachments": [
        {"title": HOSTILE, "text": HOSTILE, "title_link": "javascript:alert(1)", "color": '#ffffff" onload="x'},
        {"title": "t", "text": "<https://a.example/\"onmouseover=x|y> <javascript:alert(1)|z>", "color": "#12345"},
    ]})  # fmt: skip
    shown = page([one])
    assert "<script" not in shown and "<img" not in shown and 'javascript:alert(1)"' not in shown
    assert re.findall(r"\son\w+=\"", shown) == []
    assert set(re.findall(r'href="([^"]*)"', shown)) == {"https://a.example/&quot;onmouseover=x"}
    for text in (shown, as_text(one), "\n".join(map(str, rendered(one, 80)))):
        assert not any((ord(char) < 32 and char not in "\n\t") or char in "\x7f\x9b\u202e" for char in text)
        assert "\\u001b[2J" in text


def test_nothing_of_it_is_unbounded(sink: tuple[Sink, str]) -> None:
    one, url = sink
    status, word = post(url, {"text": "x" * (LARGEST - 100)})
    assert (status, word) == (200, "ok")
    assert len(one.messages[-1].text) <= LONGEST + 1
    assert post(url, b"x" * (LARGEST + 1))[0] in (0, 413)
    many = {"attachments": [{"text": "y"}] * 500}
    post(url, many)
    assert len(one.messages[-1].attachments) == ATTACHMENTS
    for number in range(KEEP + 20):
        one.take(message({"text": str(number)}))
    assert len(one.messages) == KEEP
    with socket.create_connection(("127.0.0.1", one.server_port), 5) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: sink\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert raw.recv(100).split()[1] == b"411"


def test_no_text_takes_long() -> None:
    begun = time.monotonic()
    for piece in ("*a", "<", "`", "_a ", "<http://", "<!", "~~", "*" * 9 + "a"):
        list(spans(piece * (LONGEST // len(piece))))
    assert time.monotonic() - begun < 5


def test_pages(sink: tuple[Sink, str]) -> None:
    _, url = sink
    assert "No message yet" in fetch(url)[1]
    assert post(url + "/services/T0/B0/x", ALERT) == (200, "ok")
    assert "Redis is down" in fetch(url)[1]
    (shown,) = json.loads(fetch(url + "/messages")[1])
    assert shown["attachments"][0]["title"] == ALERT["attachments"][0]["title"]
    assert fetch(url + "/health") == (200, "ok\n")
    assert fetch(url + "/other")[0] == 404
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_webhook_that_was_revoked_can_be_tried(sink: tuple[Sink, str]) -> None:
    one, url = sink
    assert post(url + "/status/404/x", ALERT) == (404, "no_service")
    assert post(url + "/status/500", ALERT)[0] == 500
    assert post(url + "/status/200", ALERT) == (200, "ok")
    assert len(one.messages) == 1


@pytest.mark.parametrize(
    ("host", "near"),
    [("127.0.0.1:8098", True), ("localhost", True), ("[::1]:8098", True), ("sink:8098", True), ("10.0.0.1", True),
     ("host.docker.internal:8098", True), ("evil.example", False), ("localhost.evil.example:8098", False), ("", False)],
)  # fmt: skip
def test_names_that_others_could_give_are_refused(host: str, near: bool, sink: tuple[Sink, str]) -> None:
    """A page in the browser that has a name of its own lead to 127.0.0.1 must not read the messages."""
    assert is_near(host) is near
    one, url = sink
    request = urllib.request.Request(url, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    assert (status == 200) is near
    one.allowed = frozenset({"evil.example"})
    assert fetch(url)[0] == 200


def run_sink(tmp_path: Path, *args: str) -> tuple[subprocess.Popen[str], str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "midwatch", "sink", "--port", str(port), *args],
        stdout=subprocess.PIPE, stderr=(tmp_path / "err").open("w"), text=True, env=environment(),
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    until(lambda: fetch(url + "/health")[0] == 200, "it listens")
    return process, url


def test_the_command_shows_messages_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    process, url = run_sink(tmp_path)
    post(url, ALERT)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "┃ 🔴 CRITICAL shop: Redis is down\n┃ Impact: sessions are at risk\n┃ First: docker compose" in out
    assert "open it in a browser" in (tmp_path / "err").read_text()


def test_json_is_one_line_each(tmp_path: Path) -> None:
    process, url = run_sink(tmp_path, "--format", "json")
    post(url, ALERT)
    post(url, {"text": "two\nlines"})
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    first, second = map(json.loads, out.splitlines())
    assert first["channel"] == "#night"
    assert second["text"] == "two\nlines"


def test_a_reader_that_goes_away_ends_it(tmp_path: Path) -> None:
    process, url = run_sink(tmp_path, "--format", "json")
    assert process.stdout is not None
    process.stdout.close()
    # It ends because it cannot show the message, and may do so before the answer is out.
    with suppress(HTTPException, OSError):
        post(url, ALERT)
    assert process.wait(10) == 141


def test_a_port_that_is_taken(sink: tuple[Sink, str], midwatch: Run) -> None:
    one, _ = sink
    done = midwatch("sink", "--port", str(one.server_address[1]))
    assert done.code == 2
    assert "cannot listen on 127.0.0.1" in done.err and "--port" in done.err


SPEC = 'name: demo\nenvironment: staging\nalerting: {slack: {channel: "#alerts"}}\n'


def test_into_a_project(tmp_path: Path, midwatch: Run) -> None:
    """The fragment passes every rule that the stack passes, and the program in it is the one that was tested here."""
    (tmp_path / "stack.yaml").write_text(SPEC)
    (tmp_path / ".gitignore").write_text("secrets/\n")
    done = midwatch("-C", tmp_path, "sink", "--into-project", "--port", "18098", "--format", "json")
    assert done.code == 0
    document = json.loads(done.out)
    assert sorted(document["created"]) == sorted(installation(build(make_spec())).files) and not document["listed"]
    (tmp_path / "stack.yaml").write_text(SPEC + "extra: {compose: [sink.yaml]}\n")
    again = midwatch("-C", tmp_path, "sink", "--into-project", "--port", "18098")
    assert again.code == 0, "twice is fine"
    assert "midwatch secrets --stdin slack_webhook_url\n" in again.err
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / "slack_webhook_url").write_text("https://hooks.slack.com/x")
    there = midwatch("-C", tmp_path, "sink", "--into-project", "--port", "18098").err
    command = there[there.index("| midwatch ") + len("| midwatch ") :].splitlines()[0]
    assert command == "secrets --stdin slack_webhook_url --rotate slack_webhook_url", "or it would change nothing"
    assert midwatch("-C", tmp_path, "generate").code == 0
    found = [one for one in rules_of(stack.read(tmp_path, use_compose=False)) if one.severity != "info"]
    assert {one.id for one in found} <= {"secret-files", "backup-destination"}, found
    assert "127.0.0.1:18098:8098" in (tmp_path / "compose.yaml").read_text()


def test_into_a_project_that_names_it_already(tmp_path: Path, midwatch: Run) -> None:
    (tmp_path / "stack.yaml").write_text(SPEC + "extra: {compose: [sink.yaml]}\n")
    done = midwatch("-C", tmp_path, "sink", "--into-project")
    assert done.code == 0, done.err
    assert (tmp_path / "sink.yaml").is_file() and "extra:" not in done.err, "nothing left to add"


def test_not_into_a_production_stack(tmp_path: Path, midwatch: Run) -> None:
    (tmp_path / "stack.yaml").write_text(SPEC.replace("staging", "production"))
    done = midwatch("-C", tmp_path, "sink", "--into-project")
    assert done.code == 2
    assert "production" in done.err
    assert not (tmp_path / "sink.yaml").exists()


def test_the_program_runs_alone(tmp_path: Path) -> None:
    """As in its container: nothing but that folder and the standard library, ends at once."""
    port = free_port()
    for path, text in installation(build(make_spec())).files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-u", "-B", str(tmp_path / "sink"), "--port", str(port)],
            stdout=log,
            env={"PATH": os.defpath},
        )
        try:
            until(lambda: fetch(f"http://127.0.0.1:{port}/health")[0] == 200, "it listens")
            post(f"http://127.0.0.1:{port}/midwatch", ALERT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
        finally:
            process.kill()
    assert "  | 🔴 CRITICAL shop: Redis is down  <http://127.0.0.1:8080/RedisDown.md>" in (tmp_path / "log").read_text()
