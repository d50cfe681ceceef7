"""``midwatch drill page``: the real script, Alertmanager and stand-in for Slack; only Docker is a shim."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midwatch.render.tree import render
from tests.cli.conftest import Run
from tests.stack.alerting import Alerting, alerting
from tests.stack.docker_shim import install
from tests.stack.ops import put
from tests.stack.programs import needed

SPEC: dict[str, Any] = {"alerting": {"slack": {"channel": "#all"}}}


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alerting]:
    with alerting(tmp_path, **SPEC) as running:
        put(render(running.spec), tmp_path)
        paths = (str(install(tmp_path, running.url)), str(Path(needed("amtool")).parent), os.environ["PATH"])
        monkeypatch.setenv("PATH", os.pathsep.join(paths))
        yield running


def test_it_arrives(one: Alerting, midwatch: Run) -> None:
    done = midwatch("-C", one.folder, "drill", "page", "--severity", "warning")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["accepted", "route", "delivered", "resolved"]
    assert "a warning page takes" in done.err
    assert "TEST" in one.messages(1)[0].attachments[0].title


def test_it_is_lost(one: Alerting, midwatch: Run) -> None:
    one.lead_to("/status/410/x")
    done = midwatch("-C", one.folder, "drill", "page", "--format", "json")
    assert done.code == 1
    document = json.loads(done.out)
    assert "410" in document.pop("lost") and document.pop("hint") and document.pop("seconds") > 0
    assert document == {
        "format": 1, "drill": "page", "severity": "critical", "delivered": False, "accepted": True,
        "route": "slack-critical", "mail_seconds": None,
    }  # fmt: skip


def test_a_german_stack(tmp_path: Path, midwatch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the script says in German is understood."""
    with alerting(tmp_path, **SPEC, runbooks={"language": "de"}) as running:
        put(render(running.spec), tmp_path)
        paths = (str(install(tmp_path, running.url)), str(Path(needed("amtool")).parent), os.environ["PATH"])
        monkeypatch.setenv("PATH", os.pathsep.join(paths))
        document = json.loads(midwatch("-C", tmp_path, "drill", "page", "--format", "json").out)
        assert (document["delivered"], document["route"]) == (True, "slack-critical")
        running.lead_to("/status/410/x")
        document = json.loads(midwatch("-C", tmp_path, "drill", "page", "--format", "json").out)
        assert "410" in document["lost"] and not document["delivered"]


def test_no_engine(one: Alerting, midwatch: Run) -> None:
    (one.folder / "no-engine").touch()
    done = midwatch("-C", one.folder, "drill", "page")
    assert done.code == 3
    assert "Docker cannot be asked" in done.err and "DOCKER_HOST" in done.err


def test_no_docker_at_all(one: Alerting, midwatch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (one.folder / "bin" / "docker").unlink()
    tools = one.folder / "tools"
    tools.mkdir()
    for name in ("dirname", "date", "sed", "awk", "grep", "cat", "sleep", "id"):
        (tools / name).symlink_to(needed(name))
    monkeypatch.setenv("PATH", str(tools))
    assert midwatch("-C", one.folder, "drill", "page").code == 3


def test_no_stack_or_an_old_one(tmp_path: Path, midwatch: Run) -> None:
    done = midwatch("-C", tmp_path, "drill", "page")
    assert done.code == 2 and "midwatch generate" in done.err
    (tmp_path / "ops").write_text("#!/bin/sh\necho usage: ./ops COMMAND\nexit 2\n")
    done = midwatch("-C", tmp_path, "drill", "page")
    assert done.code == 2 and "usage: ./ops COMMAND" in done.err


def test_only_what_there_is(midwatch: Run) -> None:
    assert midwatch("drill", "fire").code == 2
    assert midwatch("drill").code == 2
