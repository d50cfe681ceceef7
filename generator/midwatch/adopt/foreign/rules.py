"""Rules of the user's own: alerts that the catalogue has, and those that it has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from midwatch.adopt.foreign.proposal import Left
from midwatch.check.prometheus import alerts, recordings
from midwatch.check.stack import Stack

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
            what = f"alerts of your own: {_few(names)}"
            why = "look whether the catalogue says the same (docs/reference/alerts.md); else keep the file, see " \
                  "docs/how-to/add-your-own.md"  # fmt: skip
            yield Left(what, why, document.at("groups"))
    recorded: dict[str, list[str]] = {}
    for rule in recordings(stack):
        recorded.setdefault(rule.document.path, []).append(rule.name)
    for path, names in recorded.items():
        document = stack.files[path].document
        if document:
            yield Left(
                f"recording rules: {_few(names)}", "keep the file: docs/how-to/add-your-own.md", document.at("groups")
            )


def _few(names: Sequence[str]) -> str:
    different = list(dict.fromkeys(names))
    return ", ".join(different[:_SHOWN]) + (f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else "")
