"""Rules of the user's own: alerts that the catalogue has, and those that it has not."""

from __future__ import annotations

from collections.abc import Iterator

from midwatch.adopt.foreign.proposal import Left
from midwatch.check.prometheus import alerts, recordings
from midwatch.check.stack import Stack
from midwatch.listing import few

_SHOWN = 6


def own_rules(stack: Stack) -> Iterator[Left]:
    """What has to be carried over by hand, one line for each file."""
    from midwatch.render.project import known

    catalogue = known().alerts or frozenset()
    by_file: dict[str, list[str]] = {}
    for alert in alerts(stack):
        if alert.name not in catalogue:
            by_file.setdefault(alert.document.path, []).append(alert.name)
    for path, names in by_file.items():
        document = stack.files[path].document
        if document:
            what = f"alerts of your own: {few(names, _SHOWN)}"
            why = "look whether the catalogue says the same (docs/reference/alerts.md); else keep the file, see " \
                  "docs/how-to/add-your-own.md"  # fmt: skip
            yield Left(what, why, document.at("groups"))
    recorded: dict[str, list[str]] = {}
    for rule in recordings(stack):
        recorded.setdefault(rule.document.path, []).append(rule.name)
    for path, names in recorded.items():
        document = stack.files[path].document
        if document:
            what = f"recording rules: {few(names, _SHOWN)}"
            yield Left(what, "keep the file: docs/how-to/add-your-own.md", document.at("groups"))
