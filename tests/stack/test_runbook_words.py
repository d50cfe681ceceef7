"""Runbooks that hold at 3 am: where to type, whom to call, and nothing that needs midwatch on the host."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from midwatch.render.environment import mentions
from midwatch.render.tree import render
from midwatch.secrets.derive import redis_acl
from tests.conftest import make_spec

LANGUAGES = ("en", "de")
DISASTER = "runbooks/disaster-recovery.md"


def pages(language: str, **changes: Any) -> dict[str, str]:
    tree = render(make_spec(runbooks={"language": language}, **changes))
    return {path: file.data.decode() for path, file in tree.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_to_type(language: str) -> None:
    """By the name of the host where the spec has one, else by what Docker knows; the folder by Docker always."""
    named = pages(language, host={"name": "mon-1.example.com"})
    assert "`ssh mon-1.example.com`" in named["runbooks/on-call-start.md"]
    assert "*Host:* mon-1.example.com" in named["alertmanager/templates/slack.tmpl"]
    unnamed = pages(language)
    assert "label=com.docker.compose.project=demo" in unnamed["runbooks/on-call-start.md"]
    assert "com.docker.compose.project.working_dir" in unnamed["runbooks/on-call-start.md"]
    assert "*Host:*" not in unnamed["alertmanager/templates/slack.tmpl"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_who_mounts_a_volume_is_named(language: str) -> None:
    """Docker removes none that a container uses, be it read-only or of a container that has ended."""
    tree = pages(language, redis={"replica": True})
    services = YAML(typ="safe").load(tree["compose.yaml"])["services"]
    for volume in YAML(typ="safe").load(tree["compose.yaml"])["volumes"]:
        using = {
            name for name, one in services.items() if any(m.startswith(f"{volume}:") for m in one.get("volumes", ()))
        }
        said = re.search(rf"^- Volume `demo_{volume}`, .*(?:users|genutzt von) `([^`]*)`", tree[DISASTER], re.M)
        assert said and using and set(said[1].split()) == using, volume


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("destination", "restored", "mounted"),
    [(None, False, False), ("/mnt/backup", True, True), ("s3:https://s3.example.com/b", True, False)],
)
def test_what_can_be_had_back_once_the_host_is_lost(
    language: str, destination: str | None, restored: bool, mounted: bool
) -> None:
    """By where the backups lie: nothing that the destination cannot keep is promised, no step is left out."""
    page = pages(language, backup={"destination": destination})[DISASTER]
    own = page[page.index({"en": "## The host is lost", "de": "## Der Host ist verloren"}[language]) :]
    (row,) = re.findall(r"^\| \[(?:the host is|der Host ist).*$", page, re.M)
    promise = {"en": "what came since the last backup", "de": "was seit dem letzten Backup kam"}[language]
    assert (promise in row) == restored and ({"en": "everything:", "de": "alles:"}[language] in row) != restored
    assert ("`./ops restore --all`" in own) == ("`secrets/restic_password`" in own) == restored
    assert ({"en": "All data are lost", "de": "Alle Daten sind"}[language] in own) != restored
    assert re.findall(r"^(\d)\. ", own, re.M) == list("12345678")
    assert (f"`ls {destination}`" in own and own.index(f"`ls {destination}`") < own.index("`./ops backups`")) == mounted


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_to_call_stands_in_the_spec(language: str) -> None:
    escalation = {"channel": "#second", "mention": "<!subteam^S123>"}
    slack = {"channel": "#first", "mention": "<!channel>"}
    page = pages(language, alerting={"slack": slack, "escalation": escalation})["runbooks/escalation.md"]
    assert "@channel" in page and "@S123" in page and "#second" in page and "<!" not in page
    assert "contacts.md" not in page


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<!channel>", "@channel"),
        ("<@U123>", "@U123"),
        ("<!subteam^S1>", "@S1"),
        ("<!here> <@U1>", "@here @U1"),
    ],
)
def test_a_mention_as_slack_shows_it(raw: str, shown: str) -> None:
    assert mentions(raw) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_names_midwatch_says_how_to_do_without(language: str) -> None:
    tree = pages(language)
    by_hand = {"en": "#by-hand-without-midwatch", "de": "#von-hand-ohne-midwatch"}[language]
    alerts = {path: text for path, text in tree.items() if re.search(r"^## (Recover|Beheben)$", text, re.M)}
    naming = [
        path for path, text in alerts.items() if "`midwatch generate" in text and path != "runbooks/maintenance.md"
    ]
    assert len(naming) > 10
    assert [path for path in naming if by_hand not in tree[path]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_access_rules_of_redis_by_hand_are_those_that_midwatch_makes(language: str, tmp_path: Path) -> None:
    page = pages(language)["runbooks/RedisDown.md"]
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", page, re.S) if "redis_users_acl" in one]
    values = {f"redis{name}_password": f"secret{name}" for name in ("", "_exporter", "_backup")}
    (tmp_path / "secrets").mkdir()
    for name, value in values.items():
        (tmp_path / "secrets" / name).write_text(value + "\n")
    script = "\n".join(line for line in block.splitlines() if "docker" not in line)
    subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=tmp_path, check=True)
    made = tmp_path / "secrets" / "redis_users_acl"
    assert made.read_text() == redis_acl(values)
    assert made.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_number_for_a_disk_with_room_again(language: str) -> None:
    page = pages(language)["runbooks/HostDiskCritical.md"]
    assert set(re.findall(r"\b\d+ %", page)) == {"90 %", "95 %", "98 %"}


@pytest.mark.parametrize(("after", "place"), [("2m", 1), ("15m", 2), ("30m", 3), ("2h", 4)])
@pytest.mark.parametrize(
    ("language", "second"),
    [("en", "second on call, by the message"), ("de", "zweite Bereitschaft, durch die Meldung")],
)
def test_the_table_of_whom_to_call_goes_by_the_clock(language: str, second: str, after: str, place: int) -> None:
    email = {"to": ["boss@example.com"], "from": "m@example.com", "smarthost": "mail.example.com:587"}
    escalation = {"mention": "<!here>", "after": after}
    alerting = {"slack": {"channel": "#a"}, "escalation": escalation, "email": email}
    page = pages(language, alerting=alerting)["runbooks/escalation.md"]
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert [second in row for row in rows].index(True) == place and len(rows) == 5
    assert after not in page, "in words"
    assert "boss@example.com" in rows[0] and "mail" in rows[place].lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readiness_card_names_the_channels_that_are_used(language: str) -> None:
    channels = {"critical": "#oncall", "warning": "#warn", "info": "#log"}
    slack = {"channel": "#alerts", "channels": channels}
    tree = pages(language, alerting={"slack": slack, "escalation": {"mention": "<!here>"}})
    (card,) = [text for path, text in tree.items() if path.endswith("READINESS.md")]
    assert "Slack #oncall, #warn, #log" in card and "#alerts" not in card.split("| 2 |")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_webhook_can_be_written_by_whoever_owns_the_file(language: str, tmp_path: Path) -> None:
    """The files of secrets are read-only; only root may write them all the same."""
    page = pages(language)["runbooks/DeadmanWebhookBroken.md"]
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", page, re.S) if "PASTE-THE-ADDRESS" in one]
    file = tmp_path / "secrets" / "slack_webhook_url"
    file.parent.mkdir()
    file.write_text("old\n")
    file.chmod(0o444)
    inode = file.stat().st_ino
    person: dict[str, Any] = {}
    if os.geteuid() == 0:
        person = {"user": 65534, "group": 65534}
        for path in (tmp_path, file.parent, file):
            os.chown(path, 65534, 65534)
        for parent in tmp_path.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run(["/bin/sh", "-eu", "-c", block], cwd=tmp_path, check=True, **person)
    assert file.read_text() == "PASTE-THE-ADDRESS-HERE\n"
    assert file.stat().st_mode & 0o777 == 0o444
    assert file.stat().st_ino == inode, "containers have this very file"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_server_that_is_down_has_its_step(language: str) -> None:
    email = {"to": ["boss@example.com"], "from": "m@example.com", "smarthost": "mail.example.com:587"}
    with_mail = pages(language, alerting={"slack": {"channel": "#a"}, "email": email})
    page = with_mail["runbooks/AlertmanagerNotificationsFailing.md"]
    assert re.search(r"^3\. `\(email\)`.*`connection refused`.*mail\.example\.com:587", page, re.M)
    assert "mail.example.com" not in pages(language)["runbooks/AlertmanagerNotificationsFailing.md"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_one_way_to_repair_the_append_only_file(language: str, engine: str) -> None:
    tree = pages(language, redis={"engine": engine})
    assert [path for path, text in tree.items() if path.startswith("runbooks/") and "check-aof" in text] == [
        "runbooks/RedisDown.md"
    ]
    recovery = tree["runbooks/disaster-recovery.md"]
    assert f"docker exec redis-rescue env -u REDISCLI_AUTH {engine}-cli dbsize" in recovery
    assert not re.search(rf"redis-rescue {engine}-cli", recovery), "it would send a password that nobody asked for"
