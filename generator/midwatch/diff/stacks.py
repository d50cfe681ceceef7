"""The differences between any two Compose stacks: compose file and the configuration behind it.

Services are matched by name, else by what they run; files by path, else by what they are for. Short and long forms,
older and newer keys, the two names of the public registry and variables are no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from midwatch.adopt.foreign.roles import roles
from midwatch.check.document import Document, mapping
from midwatch.check.finding import Position
from midwatch.check.kinds import Kind
from midwatch.check.normalise import dotenv, interpolate
from midwatch.check.stack import File, Stack
from midwatch.check.walk import read as read_file
from midwatch.diff import compare, lines
from midwatch.diff.effects import between
from midwatch.diff.model import ABSENT, Change, Diff, Explained, Origin
from midwatch.diff.report import unified
from midwatch.diff.sentence import sentence
from midwatch.render.model import File as Lines

_CONFIGURATION = frozenset(Kind) - {Kind.YAML, Kind.OTHER, Kind.MARKDOWN, Kind.SHELL}
_PUBLIC = re.compile(r"^(?:docker\.io/|registry-1\.docker\.io/)?(?:library/)?(?=[^/]+(?:/[^/.:]+)?(?::|@|$))")


@dataclass(frozen=True, slots=True)
class Pair:
    """A file of each stack that is for the same thing; None where one stack has none."""

    old: File | None
    new: File | None


def difference(old: Stack, new: Stack) -> Diff:
    """What the second stack has otherwise than the first."""
    pairs = list(_pairs(old, new))
    changes = [change for pair in pairs for change in _changes(pair, old, new)]
    effects = between(old, new, changes, {pair.old.path: pair.new.path for pair in pairs if pair.old and pair.new})
    explained = tuple(
        Explained(change, sentence(change, effects.of.get(index, ())), effects.of.get(index, ()))
        for index, change in enumerate(changes)
    )
    return Diff(explained, effects.together)


def by_line(old: Stack, new: Stack) -> Iterator[str]:
    """The line diff of the same pairs of files."""
    for pair in _pairs(old, new):
        before, after = (Lines(file.text.encode()) if file else None for file in (pair.old, pair.new))
        names = [f"{side}/{file.path}" if file else "" for side, file in (("a", pair.old), ("b", pair.new))]
        if before != after:
            yield from unified(before, after, names[0], names[1])


def _pairs(old: Stack, new: Stack) -> Iterator[Pair]:
    """Compose files first, then files of the same path, then configuration of which each stack has one alone."""
    yield Pair(old.files.get(old.compose.path), new.files.get(new.compose.path))
    rest_old = {path: file for path, file in old.files.items() if path != old.compose.path and _told(old, file)}
    rest_new = {path: file for path, file in new.files.items() if path != new.compose.path and _told(new, file)}
    for path in sorted(rest_old.keys() | rest_new.keys()):
        if path in old.files and path in new.files:  # Also where one of them is broken, so that its kind is not known.
            yield Pair(old.files[path], new.files[path])
            rest_old.pop(path, None)
            rest_new.pop(path, None)
    for kind in sorted(_CONFIGURATION):
        mine = [file for file in rest_old.values() if file.kind is kind]
        others = [file for file in rest_new.values() if file.kind is kind]
        if len(mine) == len(others) == 1:
            del rest_old[mine[0].path], rest_new[others[0].path]
            yield Pair(mine[0], others[0])
    for file in rest_old.values():
        yield Pair(file, None)
    for file in rest_new.values():
        yield Pair(None, file)


def _told(stack: Stack, file: File) -> bool:
    """Configuration, and what both have by the same path; a README of somebody's repository is no part of a stack."""
    return file.kind in _CONFIGURATION or stack.lock is not None


def _changes(pair: Pair, old: Stack, new: Stack) -> Iterator[Change]:
    if pair.old and pair.new:
        kind = pair.new.kind
        before, after = pair.old.document, pair.new.document
        if before and after and compare.comparable((before, after)):
            if kind is Kind.COMPOSE:
                before, after = _effective(before, old), _effective(after, new)
                before = _renamed(before, _partners(old, new))
            yield from compare.two(kind, before, after)
        elif pair.old.text != pair.new.text:
            yield from lines.two(pair.new.path, kind, pair.old.text, pair.new.text)
    elif pair.old:
        yield Change(pair.old.path, pair.old.kind, (), "", ABSENT, Origin.OTHER, Position(pair.old.path))
    elif pair.new:
        yield Change(pair.new.path, pair.new.kind, (), ABSENT, "", Origin.OTHER, Position(pair.new.path))


def _partners(old: Stack, new: Stack) -> Mapping[str, str]:
    """Service of the old stack -> service of the new one that runs the same program under another name."""
    lone_old = {name: role.component for name, role in roles(old).items() if name not in new.services}
    lone_new = {name: role.component for name, role in roles(new).items() if name not in old.services}
    found = {}
    for name, program in lone_old.items():
        others = [other for other, runs in lone_new.items() if runs == program and program]
        if len(others) == 1 and list(lone_old.values()).count(program) == 1:
            found[name] = others[0]
    return found


def _renamed(document: Document, partners: Mapping[str, str]) -> Document:
    services = {partners.get(name, name): item for name, item in mapping(document.data.get("services")).items()}
    return replace(document, data={**document.data, "services": services})


def _effective(document: Document, stack: Stack) -> Document:
    """With variables put in as Compose would, images by their short names, and without what Compose does not read."""
    env = dotenv((read_file(stack.folder, ".env") or b"").decode("utf-8", "replace"))
    data = interpolate(mapping(document.data), env)
    services = {name: _newer_keys(_short_image(item)) for name, item in mapping(data.get("services")).items()}
    told = {key: value for key, value in data.items() if key != "version" and not str(key).startswith("x-")}
    return replace(document, data={**told, "services": services})


_OLDER = {
    "mem_limit": ("limits", "memory"), "cpus": ("limits", "cpus"), "pids_limit": ("limits", "pids"),
    "mem_reservation": ("reservations", "memory"),
}  # fmt: skip
"""Compose's older keys, and where the same is said under ``deploy.resources``."""


def _newer_keys(service: Any) -> Any:
    """With ``deploy.resources`` where the older keys say the same."""
    if not isinstance(service, dict) or not _OLDER.keys() & service.keys():
        return service
    deploy = mapping(service.get("deploy"))
    resources = mapping(deploy.get("resources"))
    for key, (side, what) in _OLDER.items():
        if key in service:
            resources = {**resources, side: {what: service[key], **mapping(resources.get(side))}}
    rest = {key: value for key, value in service.items() if key not in _OLDER}
    return {**rest, "deploy": {**deploy, "resources": resources}}


def _short_image(service: Any) -> Any:
    if isinstance(service, dict) and isinstance(service.get("image"), str):
        return {**service, "image": _PUBLIC.sub("", service["image"])}
    return service
