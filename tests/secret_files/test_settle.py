"""Secrets are made, asked for and derived; kept; and never published."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from midwatch.errors import BlueprintError, MidwatchError, TargetError
from midwatch.plan.model import Plan, Secret
from midwatch.secrets import store
from midwatch.secrets.settle import Done, intent, settle
from midwatch.secrets.state import look, values
from tests.secret_files.conftest import WEBHOOK, Person


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir() if not path.name.startswith(".")}


def states(plan: Plan, folder: Path) -> dict[str, str]:
    return {standing.secret.name: standing.state for standing in look(plan, folder)}


def test_everything_is_made_asked_or_derived(plan: Plan, folder: Path) -> None:
    person = Person(WEBHOOK)
    done = settle(plan, folder, ask=person)
    assert {deed.name for deed in done} == {secret.name for secret in plan.secrets}
    assert [name for name, _ in person.asked] == [secret.name for secret in plan.secrets if secret.made == "asked"]
    assert set(states(plan, folder).values()) == {"present"}
    made = contents(folder)
    assert set(made) == {secret.file for secret in plan.secrets}
    random = [made[secret.file] for secret in plan.secrets if secret.made == "random"]
    assert len(set(random)) == len(random) >= 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", value) for value in random), "256 bits that need no quoting anywhere"


def test_modes_whatever_the_umask(plan: Plan, folder: Path) -> None:
    old = os.umask(0o000)
    try:
        settle(plan, folder, ask=Person(WEBHOOK))
    finally:
        os.umask(old)
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    for secret in plan.secrets:
        assert stat.S_IMODE((folder / "secrets" / secret.file).stat().st_mode) == 0o444


def test_nothing_that_is_there_is_replaced(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person(WEBHOOK))
    before = {path: path.stat().st_ino for path in (folder / "secrets").iterdir()}
    person = Person("https://hooks.slack.com/services/T1/B1/other")
    assert settle(plan, folder, ask=person) == ()
    assert person.asked == []
    assert {path: path.stat().st_ino for path in (folder / "secrets").iterdir()} == before


def test_without_a_person_the_rest_is_done(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person())
    assert {name for name, state in states(plan, folder).items() if state != "present"} == {"slack_webhook_url"}


def test_a_wrong_answer_is_asked_again(plan: Plan, folder: Path) -> None:
    person = Person("nonsense", f"  {WEBHOOK}  ")
    settle(plan, folder, ask=person)
    assert [bool(wrong) for _, wrong in person.asked] == [False, True]
    assert contents(folder)["slack_webhook_url"] == WEBHOOK


def test_given_values(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person(), given={"slack_webhook_url": WEBHOOK})
    assert contents(folder)["slack_webhook_url"] == WEBHOOK
    settle(plan, folder, ask=Person(), given={"slack_webhook_url": WEBHOOK})
    other = "https://hooks.slack.com/services/T1/B1/other"
    with pytest.raises(MidwatchError, match="has a value already"):
        settle(plan, folder, ask=Person(), given={"slack_webhook_url": other})
    assert contents(folder)["slack_webhook_url"] == WEBHOOK
    settle(plan, folder, ask=Person(), given={"slack_webhook_url": other}, rotate=["slack_webhook_url"])
    assert contents(folder)["slack_webhook_url"] == other


def test_a_wrong_given_value_is_refused_without_being_shown(plan: Plan, folder: Path) -> None:
    with pytest.raises(MidwatchError) as caught:
        settle(plan, folder, ask=Person(), given={"slack_webhook_url": "http://example.com/very-private"})
    assert "private" not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert not (folder / "secrets").exists()


def test_rotation_derives_anew(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person(WEBHOOK))
    before = contents(folder)
    planned = intent(plan, folder, ["redis_password"])
    done = settle(plan, folder, ask=Person(), rotate=["redis_password"])
    assert Done("redis_password", "made") in done
    assert Done("redis_users_acl", "derived") in done
    after = contents(folder)
    assert {name for name in after if after[name] != before[name]} == {"redis_password", "redis_users_acl"}
    assert sha256(after["redis_password"].encode()).hexdigest() in after["redis_users_acl"]
    assert {deed.name for deed in planned} >= {deed.name for deed in done}


def test_a_change_by_hand_is_derived_anew(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person(WEBHOOK))
    path = folder / "secrets/redis_exporter_password"
    path.chmod(0o644)
    path.write_text("chosen-by-hand\n")
    assert states(plan, folder)["redis_users_acl"] == "outdated"
    assert states(plan, folder)["redis_exporter_passwords"] == "outdated"
    assert states(plan, folder)["redis_exporter_password"] == "unreadable"
    settle(plan, folder, ask=Person())
    assert set(states(plan, folder).values()) == {"present"}
    assert json.loads(contents(folder)["redis_exporter_passwords"]) == {"redis://exporter@redis:6379": "chosen-by-hand"}
    assert path.read_text() == "chosen-by-hand\n"


def test_derived_ones_cannot_be_given_or_rotated(plan: Plan, folder: Path) -> None:
    with pytest.raises(MidwatchError, match="follows from"):
        settle(plan, folder, ask=Person(), given={"redis_users_acl": "x"})
    with pytest.raises(MidwatchError, match="follows from"):
        settle(plan, folder, ask=Person(), rotate=["redis_users_acl"])
    with pytest.raises(MidwatchError, match="no secret 'nonsense'"):
        settle(plan, folder, ask=Person(), rotate=["nonsense"])


def test_intent_writes_nothing(plan: Plan, folder: Path) -> None:
    planned = intent(plan, folder)
    assert not (folder / "secrets").exists()
    assert {deed.name for deed in planned} == {secret.name for secret in plan.secrets}
    settle(plan, folder, ask=Person(WEBHOOK))
    assert intent(plan, folder) == ()


def test_the_name_of_the_webhook_file_is_the_users(folder: Path) -> None:
    from midwatch.plan.build import build
    from tests.conftest import make_spec

    plan = build(make_spec(alerting={"slack": {"channel": "#a", "webhook_secret": "hook"}}))
    settle(plan, folder, ask=Person("nonsense", WEBHOOK))
    assert contents(folder)["hook"] == WEBHOOK


@pytest.mark.parametrize("name", ["secrets", "secrets/redis_password"])
def test_links_are_refused(plan: Plan, folder: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(outside / "target" if "/" in name else outside)
    with pytest.raises(TargetError):
        settle(plan, folder, ask=Person(WEBHOOK))
    assert list(outside.iterdir()) == []


def test_a_file_that_is_no_text(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person(WEBHOOK))
    path = folder / "secrets/redis_password"
    path.chmod(0o644)
    path.write_bytes(b"\xff\xfevery-private")
    with pytest.raises(TargetError) as caught:
        look(plan, folder)
    assert "private" not in repr(caught.value)
    assert caught.value.__suppress_context__, "a crash log would hold the bytes"


def test_a_failed_write_leaves_the_old_value(plan: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(plan, folder, ask=Person(WEBHOOK))
    before = contents(folder)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TargetError, match="No space left"):
        settle(plan, folder, ask=Person(), rotate=["redis_password"])
    assert contents(folder) == before
    assert not list((folder / "secrets").glob(".new-*"))


def test_a_value_never_lies_open_on_the_way(plan: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = os.fchmod

    def fchmod(handle: int, mode: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        real(handle, mode)

    monkeypatch.setattr(os, "fchmod", fchmod)
    settle(plan, folder, ask=Person(WEBHOOK))
    assert set(seen) == {0o600}


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_git_sees_none_of_it(plan: Plan, folder: Path) -> None:
    git(folder, "init", "-q")
    settle(plan, folder, ask=Person(WEBHOOK))
    git(folder, "add", "--all")
    assert git(folder, "ls-files") == ".gitignore\n"


def test_refused_when_git_tracks_a_secret(plan: Plan, folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "secrets").mkdir()
    (folder / "secrets/redis_password").write_text("published")
    git(folder, "add", "--force", "secrets/redis_password")
    with pytest.raises(TargetError, match=r"git tracks secrets/redis_password") as caught:
        settle(plan, folder, ask=Person(WEBHOOK))
    assert "git rm" in caught.value.hint
    assert {path.name for path in (folder / "secrets").iterdir()} == {"redis_password"}


def test_refused_when_a_rule_takes_them_in_again(plan: Plan, folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("secrets/\n!secrets/\n")
    with pytest.raises(TargetError, match="does not ignore"):
        settle(plan, folder, ask=Person(WEBHOOK))
    assert not (folder / "secrets").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"/secrets/\n"),
        (b"", b"/secrets/\n"),
        (b"*.log", b"*.log\n/secrets/\n"),
        (b"a\r\n\xff\n", b"a\r\n\xff\n/secrets/\n"),
        (b"secrets/\n", b"secrets/\n"),
        (b"/secrets\n", b"/secrets\n"),
        (b"# secrets/\n", b"# secrets/\n/secrets/\n"),
    ],
)
def test_the_entry_in_gitignore(plan: Plan, folder: Path, before: bytes | None, after: bytes) -> None:
    if before is not None:
        (folder / ".gitignore").write_bytes(before)
    settle(plan, folder, ask=Person(WEBHOOK))
    settle(plan, folder, ask=Person())
    assert (folder / ".gitignore").read_bytes() == after


def test_a_project_below_the_root_of_a_repository(plan: Plan, folder: Path) -> None:
    git(folder.parent, "init", "-q")
    settle(plan, folder, ask=Person(WEBHOOK))
    git(folder.parent, "add", "--all")
    assert "secrets" not in git(folder.parent, "ls-files")


def test_an_unknown_derivation_is_our_bug(plan: Plan, folder: Path) -> None:
    odd = Secret("odd", "odd", "for a test", "derived", derive="nonsense")
    with pytest.raises(BlueprintError, match="nonsense"):
        look(replace(plan, secrets=(*plan.secrets, odd)), folder)
    lost = Secret("lost", "lost", "for a test", "derived", derive="redis-acl")
    with pytest.raises(BlueprintError, match="redis_password"):
        look(replace(plan, secrets=(lost,)), folder)


def test_values_and_paths(plan: Plan, folder: Path) -> None:
    settle(plan, folder, ask=Person())
    assert "slack_webhook_url" not in values(plan, folder)
    assert store.path_of(folder, plan.secrets[0]).parent == folder / "secrets"
