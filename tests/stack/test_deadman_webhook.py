"""The dead-man sidecar and its webhook: a secret that is broken, a Slack that refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.stack.deadman_fakes import SECRET_PATH, Clock, Fake, faking, made, messages, run
from tests.stack.programs import free_port


@pytest.fixture
def fake() -> Iterator[Fake]:
    with faking() as server:
        yield server


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (None, "secret_missing"),
        ("", "secret_empty"),
        (" \n", "secret_empty"),
        ("hooks.slack.com/x", "secret_malformed"),
        ("https://a b", "secret_malformed"),
        ("https://ex\u00e4mple", "secret_malformed"),
    ],
)
def test_a_broken_secret_is_seen_before_it_is_needed(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, result: str
) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 10)
    assert "deadman_webhook_ok 1" in one.metrics()
    file = tmp_path / "webhook"
    if content is None:
        file.unlink()
    else:
        file.write_text(content, encoding="utf-8")
    run(one, clock, fake, 10)
    assert "deadman_webhook_ok 0" in one.metrics()
    assert f"webhook: {result}" in capsys.readouterr().err
    run(one, clock, fake, 60, alive=False)
    assert f'deadman_posts_total{{result="{result}"}} 1' in one.metrics()
    file.write_text(fake.url + SECRET_PATH)
    run(one, clock, fake, 60, alive=False)
    assert len(fake.posts) == 1, "read anew and tried again within 30 s"
    assert "deadman_webhook_ok 1" in one.metrics()


def test_a_secret_that_was_removed_on_the_host_is_told_while_it_still_works(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a container the file of a bind mount stays readable; what shows it is that it has no name any more."""
    clock = Clock()
    one = made(fake, tmp_path, clock)
    with (tmp_path / "webhook").open(encoding="utf-8") as held:
        one.settings = replace(one.settings, webhook_file=Path(f"/proc/self/fd/{held.fileno()}"))
        run(one, clock, fake, 10)
        assert "deadman_webhook_ok 1" in one.metrics()
        (tmp_path / "webhook").unlink()
        run(one, clock, fake, 10)
        assert "deadman_webhook_ok 0" in one.metrics()
        run(one, clock, fake, 60, alive=False)
        assert len(fake.posts) == 1, "it still posts by the address that it has"
        assert "deadman_webhook_ok 0" in one.metrics()
    assert capsys.readouterr().err.count("webhook: ") == 1


@pytest.mark.parametrize(
    ("language", "empty", "revoked"),
    [("en", "the secret's file is empty", "it was revoked"), ("de", "die Datei des Secrets ist leer", "widerrufen")],
)
def test_the_log_says_what_is_wrong_in_words(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, empty: str, revoked: str
) -> None:
    """After the result, which is the same in each language: `ops` and the runbook go by it."""
    clock = Clock()
    one = made(fake, tmp_path, clock, language=language)
    (tmp_path / "webhook").write_text("")
    run(one, clock, fake, 10)
    fake.slack_status = 404
    (tmp_path / "webhook").write_text(fake.url + SECRET_PATH)
    run(one, clock, fake, 10)
    log = capsys.readouterr().err
    assert f"webhook: secret_empty, {empty}\n" in log and "webhook: http_404, Slack" in log and revoked in log


def test_each_language_has_a_word_for_each_fault() -> None:
    said = [set(words.wrong) for words in messages.LANGUAGES.values()]
    assert said[0] == said[1]


def test_a_slack_that_refuses_is_tried_again_and_shown(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 30)
    fake.slack_status = 404
    run(one, clock, fake, 120, alive=False)
    assert 'deadman_posts_total{result="http_404"} 3' in one.metrics()
    assert "deadman_webhook_ok 0" in one.metrics()
    run(one, clock, fake, 60)
    assert "deadman_webhook_ok 0" in one.metrics(), "it stays broken until a post is taken"
    fake.slack_status = 200
    run(one, clock, fake, 60)
    assert [("arrives again" in post["text"]) for post in fake.posts] == [True], "the end of it is still told"
    assert "deadman_webhook_ok 1" in one.metrics()
    shown = capsys.readouterr()
    assert "verysecretpart" not in shown.err + shown.out


def test_a_webhook_that_was_revoked_is_found_before_it_is_needed(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked at the start and each hour, by a message without text, which Slack refuses and nobody sees."""
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 60)
    assert fake.probes == 1
    fake.slack_status = 404
    run(one, clock, fake, 3600)
    assert "deadman_webhook_ok 0" in one.metrics()
    assert capsys.readouterr().err.count("webhook: http_404") == 1
    fake.slack_status = 200
    run(one, clock, fake, 70)
    assert "deadman_webhook_ok 1" in one.metrics()
    assert fake.posts == [], "all of this without a message"


@pytest.mark.parametrize(("status", "allowed"), [(500, 125), (429, 125), (403, 5), (410, 5)])
def test_a_short_fault_of_slack_is_no_broken_webhook(fake: Fake, tmp_path: Path, status: int, allowed: int) -> None:
    clock = Clock()
    fake.slack_status = status
    one = made(fake, tmp_path, clock)
    seen = 0
    while "deadman_webhook_ok 1" in one.metrics() and seen < 600:
        run(one, clock, fake, 5)
        seen += 5
    assert seen == allowed
    assert fake.posts == []


def test_a_new_secret_is_tried_at_once_and_a_workflow_never(fake: Fake, tmp_path: Path) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    run(one, clock, fake, 10)
    (tmp_path / "webhook").write_text(f"{fake.url}/other")
    run(one, clock, fake, 10)
    assert fake.probes == 2
    (tmp_path / "webhook").write_text(f"{fake.url}/workflows/T0/A0/x")
    run(one, clock, fake, 7200)
    assert fake.probes == 2, "it would start the workflow"


def test_an_address_that_nobody_answers_on_is_unreachable(tmp_path: Path, fake: Fake) -> None:
    clock = Clock()
    one = made(fake, tmp_path, clock)
    (tmp_path / "webhook").write_text(f"http://127.0.0.1:{free_port()}/x")
    run(one, clock, fake, 190, alive=False)
    assert 'deadman_posts_total{result="unreachable"} 1' in one.metrics()
