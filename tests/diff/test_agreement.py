"""What `diff` calls a conflict before `generate` is what `generate` then lists, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from midwatch.diff.model import Origin
from midwatch.diff.project import difference as of
from midwatch.diff.versions import read
from midwatch.merge.path import show
from midwatch.regenerate import lock as locks
from midwatch.regenerate.changes import compare
from midwatch.render.project import load_project
from tests.diff.conftest import difference, edit

Keys = set[tuple[str, str]]
SLACK = ("alertmanager/alertmanager.yml", 'channel: "#monitoring-alerts"', 'channel: "#night-crew"')
CHANNEL = 'channel: "#monitoring-alerts"'
CASES: dict[str, tuple[tuple[str, str, str], str, str, Keys | None]] = {
    "a value in an item of a list": (SLACK, CHANNEL, 'channel: "#ops"', None),
    "the same value from both": (SLACK, CHANNEL, 'channel: "#night-crew"', set()),
    "a value": (
        ("loki/loki.yaml", "retention_period: 168h", "retention_period: 240h"),
        "retention:", "retention:\n  logs: 14d", {("loki/loki.yaml", "limits_config.retention_period")},
    ),
    "another key": (
        ("loki/loki.yaml", "log_level: info", "log_level: debug"), "retention:", "retention:\n  logs: 14d", set(),
    ),
    "a line": (
        ("redis/redis.conf", "maxmemory-policy noeviction", "maxmemory-policy allkeys-lfu"),
        "use: sessions", "use: cache", {("redis/redis.conf", "")},
    ),
    "lines that only touch": (
        ("redis/redis.conf", "maxmemory-policy noeviction\n", "maxmemory-policy noeviction\nmaxmemory-samples 10\n"),
        "use: sessions", "use: cache", set(),
    ),
    "yaml that cannot be read": (
        ("loki/loki.yaml", "limits_config:", "limits_config: ["), "retention:", "retention:\n  logs: 14d",
        {("loki/loki.yaml", "")},
    ),
}  # fmt: skip


def spec(project: Path, old: str, new: str) -> None:
    """Change the spec; the example says retention itself."""
    path = project / "stack.yaml"
    text = path.read_text()
    if old.startswith("retention"):
        text = "\n".join(line for line in text.split("\n") if not line.startswith("  logs:"))
    assert old in text
    path.write_text(text.replace(old, new, 1))


def generated(project: Path) -> Keys:
    """The conflicts that generate would list."""
    changes = compare(project, load_project(project).render().tree, locks.read(project))
    return {(change.path, show(one.path)) for change in changes.files for one in change.conflicts}


def told(project: Path) -> Keys:
    """The conflicts that diff tells."""
    return {(one.change.file, show(one.change.path)) for one in difference(project).of(Origin.CONFLICT)}


@pytest.mark.parametrize("case", CASES)
def test_a_conflict_is_one_for_both(project: Path, case: str) -> None:
    edited, old, new, expected = CASES[case]
    edit(project, *edited)
    spec(project, old, new)
    found = told(project)
    assert found == generated(project)
    if expected is not None:
        assert found == expected
    else:
        assert found and all(key.endswith(".channel") for _, key in found)


def test_the_sentence_shows_what_differs_in_an_item_of_a_list(project: Path) -> None:
    edit(project, *SLACK)
    spec(project, CHANNEL, 'channel: "#ops"')
    (one,) = difference(project).of(Origin.CONFLICT)
    assert 'was "#monitoring-alerts", is "#night-crew" by hand, would be "#ops" now' in one.sentence


def test_what_was_taken_away_by_hand_is_no_conflict_whatever_would_be_generated(project: Path) -> None:
    (project / "runbooks/RedisDown.md").unlink()
    spec(project, "name: sva\n", "name: sva-2\n")
    here = [one for one in difference(project).changes if one.change.file == "runbooks/RedisDown.md"]
    assert [one.change.origin for one in here] == [Origin.HAND]
    assert told(project) == generated(project)


def test_what_is_no_longer_generated_but_edited_is_kept_and_no_conflict(project: Path) -> None:
    edit(project, "redis/redis.conf", "maxmemory-policy noeviction", "maxmemory-policy allkeys-lfu")
    tree = dict(load_project(project).render().tree)
    del tree["redis/redis.conf"]
    here = [one for one in of(read(project, tree)).changes if one.change.file == "redis/redis.conf"]
    assert [(one.change.origin, "allkeys-lfu" in one.sentence) for one in here] == [(Origin.HAND, True)]
    kinds = {change.path: change.kind for change in compare(project, tree, locks.read(project)).files}
    assert kinds["redis/redis.conf"] == "kept"
