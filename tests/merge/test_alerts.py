"""Alerts of one name, one for each app: which is which does not depend on how many there are."""

from __future__ import annotations

import pytest

from midwatch.merge.files import MergedFile, merge_file
from midwatch.merge.path import show
from midwatch.merge.settle import take_theirs


def rules(*apps: str, waits: str = "1m", longer: tuple[str, ...] = (), severity: str = "warning") -> bytes:
    """A file with an alert for each app; those of the ``longer`` ones wait for 5m."""
    alerts = [
        f'      - alert: ScrapeFailing\n        expr: up{{job="{app}"}} == 0\n'
        f"        for: {'5m' if app in longer else waits}\n"
        f"        labels:\n          severity: {severity}\n          component: {app}\n          app: {app}\n"
        for app in apps
    ]
    return f"groups:\n  - name: apps\n    rules:\n{''.join(alerts)}".encode()


def merged(base: bytes, ours: bytes, theirs: bytes) -> MergedFile:
    return merge_file("prometheus/rules/apps.yml", base, ours, theirs)


@pytest.mark.parametrize(
    ("before", "after"),
    [("a", "ab"), ("a", "ba"), ("ab", "a"), ("ab", "b"), ("ab", "abc"), ("abc", "ac"), ("ab", "ac"), ("abc", "ad")],
)
def test_apps_come_and_go_beside_an_edited_alert(before: str, after: str) -> None:
    kept = next(app for app in before if app in after)
    ours = rules(*before, longer=(kept,))
    done = merged(rules(*before), ours, rules(*after))
    assert (done.data.decode(), done.conflicts) == (rules(*after, longer=(kept,)).decode(), ())
    # The sides swapped: the same, but for the order of what both brought.
    swapped = merged(rules(*before), rules(*after), ours)
    assert (swapped.data, swapped.conflicts) == (done.data, ())


@pytest.mark.parametrize(("before", "after"), [("ab", "b"), ("a", ""), ("a", "b"), ("abc", "c")])
def test_an_edited_alert_of_an_app_that_goes_is_one_conflict(before: str, after: str) -> None:
    """Also where the app was renamed: the alert of the new name is there, the edited one is asked about."""
    base, ours, theirs = rules(*before), rules(*before, longer=("a",)), rules(*after)
    done = merged(base, ours, theirs)
    (conflict,) = done.conflicts
    assert show(conflict.path) == (
        "groups[name=apps].rules[name=ScrapeFailing a]" if after else "groups[name=apps].rules"
    )
    assert all(f"component: {app}\n" in done.data.decode() for app in after)
    assert take_theirs(theirs, done.data, conflict.path) == theirs


def test_another_severity_is_the_same_alert() -> None:
    base, theirs = rules("a", "b"), rules("a", "b", severity="critical")
    done = merged(base, rules("a", "b", longer=("b",)), theirs)
    assert (done.data, done.conflicts) == (rules("a", "b", longer=("b",), severity="critical"), ())


def test_two_of_one_app_are_told_apart_by_their_other_labels() -> None:
    """As somebody's own rules are: a warning and a critical alert of one name."""
    pair = rules("a") + rules("a", severity="critical").partition(b"rules:\n")[2]
    theirs = pair.replace(b"up{", b"max(up){")
    ours = b"5m".join(pair.rsplit(b"1m", 1))
    done = merged(pair, ours, theirs)
    assert (done.data, done.conflicts) == (ours.replace(b"up{", b"max(up){"), ())
