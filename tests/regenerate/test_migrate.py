"""Projects of every format, as they were stored, still regenerate; an old spec is rewritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from midwatch.errors import TargetError
from midwatch.regenerate import lock as locks
from midwatch.regenerate import unsettled
from midwatch.regenerate.migrate import migrate_spec
from midwatch.spec.migrate import FORMAT, STEPS
from tests.regenerate.conftest import END, put

STORED = Path(__file__).parent / "stored"


@pytest.fixture(params=sorted(path.name for path in STORED.iterdir()))
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(STORED / request.param, folder)
    return folder


def test_every_format_is_stored() -> None:
    """The present one too: it is what the next one has to read. Each says its own format, and no file was made anew."""
    assert {path.name for path in STORED.iterdir()} == {f"format-{number}" for number in range(1, locks.FORMAT + 1)}
    for folder in STORED.iterdir():
        assert json.loads((folder / ".midwatch/lock.json").read_text())["format"] == int(folder.name[-1])
    assert set(STEPS) == set(range(1, FORMAT))


def test_format_1_did_not_say_the_format_of_the_spec() -> None:
    """The step that there is: without it a lock file of format 1 has no answer."""
    raw = (STORED / "format-1/.midwatch/lock.json").read_bytes()
    assert b"spec_format" not in raw
    assert locks.parse(raw).spec_format == 1
    assert json.loads(locks.dump(locks.parse(raw)))["format"] == locks.FORMAT


def test_a_conflict_that_was_stored_keeps_its_base(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(STORED / "format-2", folder)
    (before,) = unsettled.read(folder)
    assert (before.file, before.values["base"], before.values["theirs"]) == ("redis.conf", "maxmemory 0", "maxmemory 1")
    (after,) = put(folder, END, version="2").conflicts
    assert (after.values["base"], after.values["ours"], after.values["theirs"]) == (
        "maxmemory 0", "maxmemory 3", "maxmemory 2",
    )  # fmt: skip


def test_hand_edits_of_an_old_project_are_merged(stored: Path) -> None:
    lock = locks.read(stored)
    assert lock is not None
    result = put(stored, END, version="2")
    assert result.changes.of("merged") == ("loki.yaml",)
    assert result.changes.of("conflict") == ("redis.conf",)
    assert (stored / "loki.yaml").read_bytes() == b"a: 9 # mine\nb: 2\nc: 4\n"
    assert locks.read(stored) == locks.of(END, version="2", spec_sha256="2" * 64)
    assert f'"format": {locks.FORMAT},' in (stored / ".midwatch/lock.json").read_text()


def test_without_its_base_an_old_project_loses_nothing(stored: Path) -> None:
    shutil.rmtree(stored / ".midwatch/base")
    result = put(stored, END, version="2")
    assert result.changes.of("conflict") == ("loki.yaml", "redis.conf")
    assert (stored / "loki.yaml").read_bytes() == b"a: 9 # mine\nb: 2\nc: 3\n"
    assert (stored / "compose.yaml").read_bytes() == END["compose.yaml"].data


def test_an_old_spec_is_rewritten_and_kept(stored: Path) -> None:
    before = (stored / "stack.yaml").read_bytes()
    assert not migrate_spec(stored)
    assert migrate_spec(stored, {FORMAT: lambda spec: spec + b"# new\n"}, FORMAT + 1)
    assert (stored / "stack.yaml").read_bytes() == before + b"# new\n"
    assert (stored / ".midwatch/replaced/stack.yaml").read_bytes() == before


def test_a_spec_of_a_newer_midwatch_is_refused(stored: Path) -> None:
    with pytest.raises(TargetError, match="newer midwatch"):
        migrate_spec(stored, {}, 0)
